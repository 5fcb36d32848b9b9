//! Files of whole packets, which are to be cut into connections first: they are told by their name, not looked through for frames.

/// Heads of pcap files: microseconds or nanoseconds, in either byte order, and version 2.4 behind them.
const PCAP: [[u8; 8]; 4] = [
    [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0],
    [0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4],
    [0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0],
    [0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4],
];
/// How a pcapng file begins; the same in either byte order, which shows behind a length.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const PCAPNG_ORDERS: [[u8; 4]; 2] = [[0x1a, 0x2b, 0x3c, 0x4d], [0x4d, 0x3c, 0x2b, 0x1a]];
const PCAPNG_HEAD: usize = 12;
/// As many bytes of a head as are enough where there are no more.
pub(crate) const MAGIC: usize = 4;

/// What an input is that begins with these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packets {
    /// Packets, in a file of this kind.
    File(&'static str),
    /// More bytes are needed.
    Perhaps,
    /// Something else.
    No,
}

/// Looks at the first bytes of an input; `more`: there may be more of them.
pub(crate) fn of(first: &[u8], more: bool) -> Packets {
    let head = |known: &[u8]| first.starts_with(known) || known.starts_with(first) && !first.is_empty();
    let kind = if PCAP.iter().any(|known| head(known)) {
        (first.len() >= PCAP[0].len(), "pcap")
    } else if head(&PCAPNG) {
        let order = first.get(PCAPNG_HEAD - 4..PCAPNG_HEAD);
        if order.is_some_and(|order| PCAPNG_ORDERS.iter().all(|known| known != order)) {
            return Packets::No;
        }
        (order.is_some(), "pcapng")
    } else {
        return Packets::No;
    };
    match kind {
        (true, name) => Packets::File(name),
        (false, _) if more => Packets::Perhaps,
        (false, name) if first.len() >= MAGIC => Packets::File(name),
        (false, _) => Packets::No,
    }
}

/// What to do with such a file.
pub(crate) fn sentence(kind: &str) -> String {
    format!(
        "expected one direction of a connection, datagrams or a session file, found a {kind} file, which has whole packets: cut it first, for \
         instance with \"tcpflow -r FILE -o flows\" into one file for each direction of each connection, or with tshark as 'outlive inspect \
         --help' shows"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_packet_files_are_known() {
        for head in PCAP {
            assert_eq!(of(&head, true), Packets::File("pcap"));
            assert_eq!(of(&head[..3], true), Packets::Perhaps);
            assert_eq!(of(&head[..4], false), Packets::File("pcap"));
            assert_eq!(of(&head[..3], false), Packets::No);
            assert_eq!(of(&[&head[..4], b"frame"].concat(), true), Packets::No);
        }
        for order in PCAPNG_ORDERS {
            let head = [&PCAPNG[..], &[0, 0, 0, 28], &order].concat();
            assert_eq!(of(&head, true), Packets::File("pcapng"));
            assert_eq!(of(&head[..11], true), Packets::Perhaps);
        }
        assert_eq!(of(b"\n\r\r\n a text, and no number", true), Packets::No);
        for other in [&b""[..], b"FLT2002", b"TRIBES-B", b"\xac\xed\0\x05"] {
            assert_eq!(of(other, true), Packets::No);
        }
    }
}
