//! An HTTP server for stand-ins: synchronous handlers, faults on demand, and a memory of what was
//! asked.
//!
//! ```
//! use std::sync::Arc;
//! use connhub_tests::serve::{Fault, FaultKind, Request, Response, Server, Service};
//!
//! struct Hello;
//! impl Service for Hello {
//!     fn answer(&self, request: &Request) -> Response {
//!         Response::text(200, &format!("hello {}", request.path))
//!     }
//! }
//!
//! let server = Server::start(Arc::new(Hello));
//! server.faults().add(Fault::any(FaultKind::status(503)).times(1));
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! ```

mod body;
mod fault;
mod request;
mod respond;
mod response;
mod server;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

pub use fault::{Fault, FaultKind, Faults, Times};
pub use request::{Recorded, Request};
pub use response::Response;
pub use server::Server;
pub use tls::{ClientIdentity, Tls};

/// The largest request body that a service takes unless it says otherwise, in bytes.
pub const DEFAULT_MAX_BODY: usize = 64 * 1024 * 1024;

/// What a stand-in does with a request.
///
/// Handlers run one after another on the server's own thread, so they need no care about
/// concurrency, and must not wait for anything slow.
pub trait Service: Send + Sync + 'static {
    /// Answers one request whose body has been read whole.
    fn answer(&self, request: &Request) -> Response;

    /// The largest body that is read, in bytes. A larger one is answered with
    /// [`Service::too_large`] and the connection is closed without reading it.
    fn max_body(&self) -> usize {
        DEFAULT_MAX_BODY
    }

    /// The answer to a body beyond [`Service::max_body`].
    fn too_large(&self) -> Response {
        Response::text(413, "request entity too large")
    }
}
