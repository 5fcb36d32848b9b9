//! The flags of `outlive inspect`.

use std::path::PathBuf;

use outlive_inspect::{EncryptionKey, Stack};

/// What `outlive inspect --help` begins with.
pub(super) const ABOUT: &str = "\
Shows what was captured or stored, one JSON object a line, in the order of the bytes: one direction of a TCP connection between nodes, \
multicast datagrams one behind the other, a FileStore's .session file, or a SESSIONS.ser. Which of them it is shows in the first bytes.

Each line has kind, offset and length, and by kind:
  member          a membership datagram
  ack, fail-ack   an acknowledgement
  message         who sent it, its options, and its body: session, rpc, map, bytes or object
  session         a session out of a file
  error           bytes that could not be read; it goes on behind them, and the exit code is 1

A value that no node takes is left out alone, and an error line names it. Parts of a message that never becomes whole are told where that \
shows, which may be the end of the input.

An object without a JSON form of its own is its class and its fields; a field of a superclass that one of the same name hides has that class \
in front (com.example.Base.x). A number that JSON cannot say (NaN, Infinity) is null.

Messages of 64 MiB and session files of 512 MiB are the largest that are read. Output is flushed whenever the input has no more for now.";

/// What it ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  Files of a Tomcat:
    outlive inspect work/Catalina/localhost/shop/SESSIONS.ser
  What passed between nodes. tcpdump catches it, tcpflow cuts it into one file for each direction of each connection, named
  SENDER.PORT-RECEIVER.PORT; those that go to port 4000 have messages, the others acknowledgements (-y: tcpflow does not read what
  tcpdump writes of \"any\" by itself; with -i eth0 leave it out):
    tcpdump -i any -y LINUX_SLL -s 0 -w cluster.pcap 'tcp portrange 4000-4099 or udp port 45564'
    tcpflow -r cluster.pcap -o flows
    outlive inspect flows/010.077.000.001.57882-010.077.000.002.04000
  The same with tshark, which numbers the connections from 0:
    tshark -r cluster.pcap -Y 'tcp.stream == 3 && tcp.dstport == 4000' -T fields -e tcp.payload | xxd -r -p | outlive inspect -
  Live, where a connection is open already (the first message may be cut, which is an error line):
    tshark -l -i eth0 -f 'src host 10.77.0.1 and tcp dst port 4000' -T fields -e tcp.payload | \\
      while read -r hex; do echo \"$hex\" | xxd -r -p; done | outlive inspect - | jq -c 'select(.body.event == \"delta\")'
  The members:
    tshark -r cluster.pcap -Y 'udp.port == 45564' -T fields -e udp.payload | xxd -r -p | outlive inspect --as datagrams -";

/// Flags of `outlive inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArguments {
    /// The file; - for the standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    /// What the input is: tcp (one direction of a connection), datagrams, session (a .session file), sessions (a SESSIONS.ser)
    ///
    /// Default: found out from its first bytes.
    #[arg(long = "as", value_name = "FORMAT", value_enum, ignore_case = true)]
    pub(crate) format: Option<FormatName>,

    /// The interceptors that changed the bytes, the topmost first: gzip, fragment, order, encrypt. Empty for none
    ///
    /// Default: guessed, message by message, from what decodes. Without the key an encrypted message is not decoded: its layers say
    /// "encrypt", and its body is bytes; with a key that does not fit there is an error line beside.
    #[arg(long, value_name = "NAME,…")]
    pub(crate) interceptors: Option<Stack>,

    /// The key of the encryption, in hexadecimal digits (Tomcat's encryptionKey): AES in GCM, CBC, CFB or OFB mode
    #[arg(long, value_name = "HEX")]
    pub(crate) encrypt: Option<EncryptionKey>,
}

/// A format by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FormatName {
    Tcp,
    Datagrams,
    Session,
    Sessions,
}
