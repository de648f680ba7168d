//! Applies the limits of `pace` to every connection. It works below TLS, so a slow server cannot keep the TLS layer
//! busy.

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Error, Timeout};

use crate::git::pace;

/// Wraps the connections of an agent. A connection through a proxy is wrapped twice and counts twice, so it may be half
/// as fast.
#[derive(Debug)]
pub(super) struct Paced;

#[derive(Debug)]
pub(super) struct PacedTransport<T>(T);

impl<T: Transport> Connector<T> for Paced {
    type Out = PacedTransport<T>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<T>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(PacedTransport))
    }
}

impl<T: Transport> Transport for PacedTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, Error> {
        let left = pace::left();
        if left.is_zero() {
            return Err(Error::Timeout(Timeout::RecvBody));
        }
        if left < *timeout.after {
            timeout.after = left.into();
            timeout.reason = Timeout::RecvBody;
        }
        let before = self.0.buffers().input().len();
        let more = self.0.await_input(timeout)?;
        pace::came(self.0.buffers().input().len().saturating_sub(before));
        Ok(more)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
