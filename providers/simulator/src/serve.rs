//! The region on a TCP port, for clients in other processes.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::call::LONGEST_BODY;
use crate::clock::Clock;
use crate::http::{HttpRequest, HttpResponse};
use crate::region::Region;

/// Connections at once; others wait for a place.
const CONNECTIONS_MAX: usize = 1024;
/// How long a client may take to send its headers, and again to send its body.
const SENDING_MAX: Duration = Duration::from_secs(30);

/// A port cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Other machines could reach it.
    #[error("{0} can be reached from other machines, and the simulated region takes any credentials")]
    NotLoopback(SocketAddr),
    /// The system refuses.
    #[error("{address} cannot be listened on")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Listens on an address. One that other machines can reach is refused, unless they are invited.
///
/// # Errors
/// If others could reach it, or the system refuses.
pub async fn listen(address: SocketAddr, are_others_invited: bool) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() && !are_others_invited {
        return Err(ListenError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| ListenError::Io { address, source })
}

/// Serves a region until the future is dropped.
pub async fn serve(region: Region, listener: TcpListener, clock: Clock) -> Infallible {
    serve_with_timeout(region, listener, clock, SENDING_MAX).await
}

async fn serve_with_timeout(region: Region, listener: TcpListener, clock: Clock, timeout: Duration) -> Infallible {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let region = region.clone();
                tokio::spawn(async move {
                    converse(stream, region, clock, timeout).await;
                    drop(place);
                });
            }
            // A client that went away at once, or no file descriptors left for a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn converse(stream: TcpStream, region: Region, clock: Clock, timeout: Duration) {
    let service = service_fn(move |request| {
        let region = region.clone();
        async move { answer(request, &region, clock, timeout).await }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(timeout);
    // What goes wrong with a connection is its client's to notice: it is closed.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Breaks the connection: hyper closes it when a service fails.
#[derive(Debug, thiserror::Error)]
#[error("the connection is lost")]
struct Lost;

async fn answer(
    request: Request<Incoming>,
    region: &Region,
    clock: Clock,
    timeout: Duration,
) -> Result<Response<Full<Bytes>>, Lost> {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(timeout, Limited::new(body, LONGEST_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        // One byte too many is enough for the region to refuse it in the form of its service.
        Ok(Err(error)) if error.is::<LengthLimitError>() => vec![b'='; LONGEST_BODY + 1],
        Ok(Err(_)) => return Err(Lost),
        Err(_) => return Ok(plain(StatusCode::REQUEST_TIMEOUT)),
    };
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let request = HttpRequest {
        method: head.method.as_str().to_owned(),
        target: head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body,
    };
    let delivery = region.deliver(&request, clock.now());
    if delivery.delay_ms > 0 {
        tokio::time::sleep(clock.here(delivery.delay_ms)).await;
    }
    let mut response = delivery.response.ok_or(Lost)?;
    clock.announce(&mut response);
    Ok(write(response))
}

fn write(response: HttpResponse) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(response.body.into())).unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
