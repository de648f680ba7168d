//! Plain http through a proxy, as in curl: the request line has the whole url.
//!
//! ureq tunnels everything with `CONNECT`, which many proxies allow only for https. So the request is sent to the proxy
//! as if the proxy were the server, with the server's `Host`. The host is added to the request line when it is sent.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Wraps the connections of an agent.
#[derive(Debug)]
pub(super) struct AbsoluteForm;

#[derive(Debug)]
pub(super) struct AbsoluteTransport<T> {
    inner: T,
    /// Whether the next bytes to send are the start of a request.
    at_head: bool,
}

impl<T: Transport> Connector<T> for AbsoluteForm {
    type Out = AbsoluteTransport<T>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<T>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| AbsoluteTransport { inner, at_head: true }))
    }
}

impl<T: Transport> Transport for AbsoluteTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let mut amount = amount;
        if std::mem::take(&mut self.at_head) {
            let output = self.inner.buffers().output();
            if let Some(complete) = output.get(..amount).and_then(with_whole_url)
                && let Some(room) = output.get_mut(..complete.len())
            {
                room.copy_from_slice(&complete);
                amount = complete.len();
            }
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.at_head = true;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Turns `GET /x HTTP/1.1` into `GET http://host/x HTTP/1.1`, with the host of the header `Host`. `None` if this is not
/// the head of a request.
fn with_whole_url(request: &[u8]) -> Option<Vec<u8>> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&request[..end]).ok()?;
    let (method, _) = head.split_once(" /")?;
    let host = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    })?;
    Some([method.as_bytes(), b" http://", host.as_bytes(), &request[method.len() + 1..]].concat())
}

#[cfg(test)]
mod tests {
    use super::with_whole_url;

    #[test]
    fn the_request_line_gets_the_host() {
        let request = b"POST /web.git/x HTTP/1.1\r\nHost: a:80\r\nx: y\r\n\r\nbody /".as_slice();
        let complete = b"POST http://a:80/web.git/x HTTP/1.1\r\nHost: a:80\r\nx: y\r\n\r\nbody /".as_slice();
        assert_eq!(with_whole_url(request).as_deref(), Some(complete));
        assert_eq!(with_whole_url(b"0014command=fetch"), None);
    }
}
