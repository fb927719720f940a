//! The simulated region, served to the binary under test by another process of it.

use super::{Landfall, Running};

/// `landfall simulate` on a free port of this machine. It ends with the value.
pub(crate) struct Simulated {
    _server: Running,
    endpoint: String,
    _folder: Landfall,
}

impl Simulated {
    /// `faults` is the text of a fault file, `speed` how many times as fast as the clock on the wall its own runs.
    pub(crate) fn start(faults: &str, speed: &str) -> Self {
        let folder = Landfall::offline("name = \"acme\"\nregion = \"us-east-1\"\n");
        folder.write("faults.toml", faults);
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let arguments = ["simulate", "--port", &port.to_string(), "--speed", speed, "--faults", "faults.toml"];
        let mut server = folder.spawn(&arguments);
        server.while_running(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { _server: server, endpoint: format!("http://127.0.0.1:{port}"), _folder: folder }
    }

    /// What `AWS_ENDPOINT_URL` is to be.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// With `landfall.toml` and an account in this region.
    pub(crate) fn landfall(&self, stack: &str) -> Landfall {
        let mut landfall = Landfall::offline(stack);
        landfall.set("AWS_ENDPOINT_URL", &self.endpoint);
        landfall
    }
}
