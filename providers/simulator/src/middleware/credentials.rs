//! Whom a request says it comes from, and for which service and region it is signed.
//!
//! Signatures are not verified: there is no secret to verify them with. What is checked is what a client gets wrong when
//! it is set up wrongly: no credentials at all, or a signature for another region.

use crate::call::Service;
use crate::http::HttpRequest;
use crate::wire::error::ApiError;

/// Finds the service of a request and checks what it is signed for. The signing name says which service is meant,
/// whatever host was called. An error comes with the service whose form it should have.
pub(crate) fn admit(request: &HttpRequest, region: &str) -> Result<Service, (Service, ApiError)> {
    let Some(authorization) = request.header("authorization") else {
        let service = guess(request);
        return Err((service, missing(service)));
    };
    let scope = authorization.split("Credential=").nth(1).and_then(|rest| rest.split([',', ' ']).next());
    let parts: Vec<&str> = scope.unwrap_or_default().split('/').collect();
    // AKID/date/region/service/aws4_request.
    let [_key, _date, signed_region, signing_name, "aws4_request"] = parts.as_slice() else {
        let service = guess(request);
        return Err((service, incomplete(service)));
    };
    let Some(service) = Service::named(signing_name) else {
        let service = guess(request);
        let message = format!("The service {signing_name} is not simulated.");
        let code = if service == Service::Logs { "UnknownOperationException" } else { "InvalidAction" };
        return Err((service, ApiError::new(code, message)));
    };
    let expected = if service == Service::Iam { home_of_iam(region) } else { region };
    if *signed_region == expected { Ok(service) } else { Err((service, elsewhere(service, expected, signed_region))) }
}

/// IAM is one service for all regions of a partition, and is signed for one of them.
fn home_of_iam(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "cn-north-1",
        _ if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Without a signature, the protocol still shows which form of error the client can read.
fn guess(request: &HttpRequest) -> Service {
    if request.header("x-amz-target").is_some() {
        return Service::Logs;
    }
    let host = request.header("host").and_then(|host| host.split('.').next()).unwrap_or_default();
    Service::named(host).unwrap_or(Service::Ec2)
}

fn missing(service: Service) -> ApiError {
    let text = "Request is missing Authentication Token";
    match service {
        Service::Ec2 => ApiError::new("AuthFailure", CANNOT_VALIDATE).with_status(401),
        Service::Iam | Service::Sts => ApiError::new("MissingAuthenticationToken", text).with_status(403),
        Service::Logs => ApiError::new("MissingAuthenticationTokenException", text),
    }
}

const CANNOT_VALIDATE: &str = "AWS was not able to validate the provided access credentials";

fn incomplete(service: Service) -> ApiError {
    let text =
        "Authorization header requires 'Credential' parameter in the form AKID/date/region/service/aws4_request.";
    match service {
        Service::Ec2 => ApiError::new("AuthFailure", CANNOT_VALIDATE).with_status(401),
        Service::Iam | Service::Sts => ApiError::new("IncompleteSignature", text),
        Service::Logs => ApiError::new("IncompleteSignatureException", text),
    }
}

fn elsewhere(service: Service, expected: &str, signed: &str) -> ApiError {
    let text = format!("Credential should be scoped to a valid region: expected '{expected}', not '{signed}'.");
    match service {
        Service::Ec2 => ApiError::new("AuthFailure", format!("{CANNOT_VALIDATE}. {text}")).with_status(401),
        Service::Iam | Service::Sts => ApiError::new("SignatureDoesNotMatch", text).with_status(403),
        Service::Logs => ApiError::new("InvalidSignatureException", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(scope: &str) -> HttpRequest {
        let value = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        HttpRequest { headers: vec![("authorization".to_owned(), value)], ..HttpRequest::default() }
    }

    fn code(request: &HttpRequest) -> (Service, String, u16) {
        let (service, error) = admit(request, "eu-west-1").expect_err("a refusal");
        (service, error.code, error.status)
    }

    #[test]
    fn the_signing_name_says_which_service_is_meant() {
        assert_eq!(admit(&signed("A/20260101/eu-west-1/ec2/aws4_request"), "eu-west-1"), Ok(Service::Ec2));
        assert_eq!(admit(&signed("A/20260101/us-east-1/iam/aws4_request"), "eu-west-1"), Ok(Service::Iam));
        assert_eq!(admit(&signed("A/20260101/eu-west-1/logs/aws4_request"), "eu-west-1"), Ok(Service::Logs));
    }

    #[test]
    fn a_signature_for_another_region_is_refused_in_the_form_of_its_service() {
        let ec2 = code(&signed("A/20260101/us-east-1/ec2/aws4_request"));
        assert_eq!(ec2, (Service::Ec2, "AuthFailure".to_owned(), 401));
        let iam = code(&signed("A/20260101/eu-west-1/iam/aws4_request"));
        assert_eq!(iam, (Service::Iam, "SignatureDoesNotMatch".to_owned(), 403));
    }

    #[test]
    fn no_signature_is_refused() {
        let to =
            |host: &str| HttpRequest { headers: vec![("host".to_owned(), host.to_owned())], ..HttpRequest::default() };
        assert_eq!(code(&to("sts.eu-west-1.amazonaws.com")).1, "MissingAuthenticationToken");
        assert_eq!(code(&to("127.0.0.1:8080")).1, "AuthFailure");
        assert_eq!(code(&signed("nonsense")).1, "AuthFailure");
    }
}
