//! Answers and errors in the form of each service's protocol.

use serde_json::{Value, json};

use crate::call::{Reply, Service};
use crate::http::HttpResponse;
use crate::wire::error::ApiError;
use crate::wire::xml::Xml;

const XML: &str = "text/xml;charset=UTF-8";
const JSON: &str = "application/x-amz-json-1.1";

/// Returns what an action of a service answers.
pub(crate) fn answer(service: Service, name: &str, reply: Reply, request_id: &str) -> HttpResponse {
    match reply {
        Reply::Xml(xml) => response(200, XML, document(service, name, xml, request_id), request_id),
        Reply::Json(Value::Null) => response(200, JSON, vec![], request_id),
        Reply::Json(value) => response(200, JSON, value.to_string().into_bytes(), request_id),
    }
}

fn document(service: Service, name: &str, xml: Xml, request_id: &str) -> Vec<u8> {
    let root = format!("{name}Response");
    if service == Service::Ec2 {
        let first = Xml::new().text("requestId", request_id);
        return xml.after(&first).document(&root, namespace(service));
    }
    let metadata = Xml::new().text("RequestId", request_id);
    let all = xml.enclosed(&format!("{name}Result")).inside("ResponseMetadata", metadata);
    all.document(&root, namespace(service))
}

fn namespace(service: Service) -> Option<&'static str> {
    match service {
        Service::Ec2 => Some("http://ec2.amazonaws.com/doc/2016-11-15/"),
        Service::Iam => Some("https://iam.amazonaws.com/doc/2010-05-08/"),
        Service::Sts => Some("https://sts.amazonaws.com/doc/2011-06-15/"),
        Service::Logs => None,
    }
}

/// Returns an error of a service.
pub(crate) fn error(service: Service, error: &ApiError, request_id: &str) -> HttpResponse {
    let inner = Xml::new().text("Code", &error.code).text("Message", &error.message);
    let body = match service {
        Service::Logs => return json_error(error, request_id),
        Service::Ec2 => {
            let errors = Xml::new().inside("Error", inner);
            Xml::new().inside("Errors", errors).text("RequestID", request_id).document("Response", None)
        }
        Service::Iam | Service::Sts => {
            let side = if error.status >= 500 { "Receiver" } else { "Sender" };
            let inner = Xml::new().text("Type", side).and(inner);
            Xml::new()
                .inside("Error", inner)
                .text("RequestId", request_id)
                .document("ErrorResponse", namespace(service))
        }
    };
    response(error.status, XML, body, request_id)
}

fn json_error(error: &ApiError, request_id: &str) -> HttpResponse {
    let body = json!({"__type": error.code, "message": error.message}).to_string().into_bytes();
    let mut response = response(error.status, JSON, body, request_id);
    response.headers.push(("x-amzn-errortype".to_owned(), error.code.clone()));
    response
}

fn response(status: u16, content_type: &str, body: Vec<u8>, request_id: &str) -> HttpResponse {
    let headers = [("content-type", content_type), ("x-amzn-requestid", request_id)];
    HttpResponse { status, headers: headers.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec(), body }
}
