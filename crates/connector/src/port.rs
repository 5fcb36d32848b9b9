//! An address that is taken but not yet listened to, whatever will be spoken there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// An address that is bound and not listened to: clients are refused.
#[derive(Debug)]
pub(crate) struct Port {
    socket: Socket,
    address: SocketAddr,
}

/// Why a port cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Another process has the port.
    #[error("{0} is in use by another process")]
    InUse(SocketAddr),
    /// No interface of this machine has the address.
    #[error("{0} cannot be bound: this machine has no address {address}", address = .0.ip())]
    NoSuchAddress(SocketAddr),
    /// The port is reserved (below 1024 for ordinary users).
    #[error("{0} cannot be bound: no permission (ports below 1024 need a privilege)")]
    Forbidden(SocketAddr),
    /// Something else.
    #[error("{address} cannot be bound: {source}")]
    Other {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl BindError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            io::ErrorKind::AddrNotAvailable => Self::NoSuchAddress(address),
            io::ErrorKind::PermissionDenied => Self::Forbidden(address),
            _ => Self::Other { address, source },
        }
    }
}

impl Port {
    /// Takes the address; port 0 takes a free one. Does not listen.
    ///
    /// `SO_REUSEADDR` is set, so that a node that restarts has its port at once. A process that listens on the port is still a conflict; one
    /// that has bound it and does not listen yet is seen by whichever of the two listens second.
    ///
    /// `[::]` is every address of IPv6 and of IPv4, whatever the system's own default is; where there is no IPv6 at all, of IPv4.
    ///
    /// # Errors
    /// [`BindError`], in words for an operator.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let is_all = address.ip() == IpAddr::from(Ipv6Addr::UNSPECIFIED);
        let bind = || {
            let of = |address| Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP));
            let (socket, address) = match of(address) {
                // No other reason keeps a socket from being made that IPv4 would not have as well.
                Err(_) if is_all => {
                    let address = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
                    (of(address)?, address)
                }
                socket => (socket?, address),
            };
            if is_all && address.is_ipv6() {
                socket.set_only_v6(false)?;
            }
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            let bound = socket.local_addr()?.as_socket().unwrap_or(address);
            Ok((socket, bound))
        };
        let (socket, address) = bind().map_err(|source| BindError::new(address, source))?;
        Ok(Self { socket, address })
    }

    /// The address with its real port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens; `backlog`: how many connections may wait to be accepted, which the kernel cuts to its own limit. Must be called in a tokio
    /// runtime.
    ///
    /// # Errors
    /// [`BindError::InUse`] where another process has begun to listen on the port since it was bound.
    pub(crate) fn listen(self, backlog: u32) -> Result<tokio::net::TcpListener, BindError> {
        let address = self.address;
        let listen = || {
            self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
            self.socket.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(TcpListener::from(self.socket))
        };
        listen().map_err(|source| BindError::new(address, source))
    }
}
