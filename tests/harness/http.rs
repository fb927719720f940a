//! As much HTTP as the server's `/landfall/…` calls need: one request a connection, JSON both ways.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn request(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let answer = exchange(port, method, path, &body.to_string())
        .unwrap_or_else(|error| panic!("{method} {path} of the moto server: {error}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    assert_eq!(status, "200", "{method} {path}: {body}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{method} {path}: {error} in {body:?}"))
}

fn exchange(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    let length = body.len();
    // HTTP/1.0: the server closes the connection after its answer, which is then all there is to read.
    stream.write_all(format!("{method} {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
