//! Which interceptors wrote a message, where nobody said it: those by which it decodes.
//!
//! Java streams and gzip data end by themselves, so a trailer behind them shows; an encrypted message shows where the key is known.
//! Where more than one stack would do, that of the message before is taken, else the one with the smallest order number: numbers count
//! from 1, and bytes that belong to something else make large ones. A part of a message shows only what is below the fragments; what is
//! above them shows when all parts are there.

use bytes::Bytes;
use outlive_serial::{Limits, Stream};
use outlive_session::TrailerReader;
use outlive_tribes_proto::interceptor::gzip;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::send_options::SendOptions;

use super::encrypt::Decryption;
use super::fragments::{Part, split};
use super::{ENCRYPTED_MIN, Layer, inflated, numbered, passed_by, without_strays};

/// A fragment with more parts than this is something else that ends with 01.
const PARTS_MAX: i32 = 1 << 16;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Guess {
    /// The layers of the last message that had any, the outermost first; of one in parts also those above the fragments, once it is whole.
    last: Vec<Layer>,
}

/// A stack that decodes a message, the outermost layer first.
struct Solution {
    layers: Vec<Layer>,
    /// Whether it ends at a part of a message: what is above is not known.
    is_part: bool,
    /// Whether it ends at bytes that no key has decrypted: gzip data hold them, so what is below is sure.
    is_opaque: bool,
    /// The number of the order layer; 0 without it.
    number: i32,
}

impl Guess {
    /// The layers of a message, the outermost first; none if none are needed or no stack would do. `below`: those that are done with, up to
    /// the fragments that the message was put together from.
    pub(super) fn stack(
        &mut self,
        below: &[Layer],
        message: &Bytes,
        data: &ChannelData,
        key: Option<&Decryption>,
    ) -> Vec<Layer> {
        if is_plain(message) {
            if !below.is_empty() {
                self.last = below.to_vec();
            }
            return Vec::new();
        }
        let mut solutions = Vec::new();
        for with_strays in [false, true] {
            if solutions.is_empty() {
                let mut search = Search { data, key, with_strays, solutions: &mut solutions };
                search.peel(message, &mut below.to_vec(), below.len(), 0);
            }
        }
        let usual = solutions.iter().position(|solution| self.is_usual(solution));
        let smallest = || (0..solutions.len()).min_by_key(|at| (solutions[*at].is_opaque, solutions[*at].number));
        let Some(best) = usual.or_else(smallest).map(|at| solutions.swap_remove(at)) else {
            return if looks_encrypted(message, data) { vec![Layer::Encrypt] } else { Vec::new() };
        };
        // A part that fits says less than what is known.
        if !best.is_part || !self.is_usual(&best) {
            self.last.clone_from(&best.layers);
        }
        best.layers[below.len()..].to_vec()
    }

    /// Whether it is the stack of the message before. Gzip leaves some messages as they are.
    fn is_usual(&self, solution: &Solution) -> bool {
        let others =
            |layers: &[Layer]| layers.iter().copied().filter(|layer| *layer != Layer::Gzip).collect::<Vec<_>>();
        let (last, layers) = (others(&self.last), others(&solution.layers));
        if solution.is_part { last.starts_with(&layers) } else { last == layers && !last.is_empty() }
    }
}

struct Search<'a> {
    data: &'a ChannelData,
    key: Option<&'a Decryption>,
    /// Whether what a Tomcat leaves behind a message is passed over.
    with_strays: bool,
    solutions: &'a mut Vec<Solution>,
}

impl Search<'_> {
    /// Tries each layer that is not used yet; the first `skip` of those are done with. There are four layers, so this is no deeper than
    /// four.
    fn peel(&mut self, message: &Bytes, used: &mut Vec<Layer>, skip: usize, number: i32) {
        if used.len() > skip && (self.is_plain(message, used) || passed_by(message)) {
            self.solutions.push(Solution { layers: used.clone(), is_part: false, is_opaque: false, number });
            return;
        }
        if !used.contains(&Layer::Gzip)
            && gzip::is_compressed(message)
            && let Some(content) = self.inflated(message, used)
        {
            let found = self.solutions.len();
            self.go_on(Layer::Gzip, &content, used, skip, number);
            if self.solutions.len() == found && !used.contains(&Layer::Encrypt) && looks_encrypted(&content, self.data)
            {
                let layers = used.iter().copied().chain([Layer::Gzip, Layer::Encrypt]).collect();
                self.solutions.push(Solution { layers, is_part: false, is_opaque: true, number });
            }
            // Data with that beginning and the right check sum are gzip data and nothing else.
            return;
        }
        if !used.contains(&Layer::Encrypt)
            && let Some(content) = self.key.and_then(|key| key.decrypt(message, self.data.timestamp.0))
        {
            self.go_on(Layer::Encrypt, &content, used, skip, number);
            return;
        }
        if !used.contains(&Layer::Order)
            && let Some((content, number)) = numbered(message).filter(|(_, number)| *number > 0)
        {
            self.go_on(Layer::Order, &content, used, skip, number);
        }
        if !used.contains(&Layer::Fragment) {
            match split(message) {
                Ok(Part::Whole(content)) => self.go_on(Layer::Fragment, &content, used, skip, number),
                Ok(Part::Piece { count: 2..=PARTS_MAX, .. }) => {
                    let layers = used.iter().copied().chain([Layer::Fragment]).collect();
                    self.solutions.push(Solution { layers, is_part: true, is_opaque: false, number });
                }
                _ => {}
            }
        }
    }

    fn is_plain(&self, message: &Bytes, used: &[Layer]) -> bool {
        is_plain(message) || self.with_strays && without_strays(used, message).any(|message| is_plain(&message))
    }

    fn inflated(&self, message: &Bytes, used: &[Layer]) -> Option<Bytes> {
        let exact = inflated(message);
        if exact.is_some() || !self.with_strays {
            return exact;
        }
        without_strays(used, message).find_map(|message| inflated(&message))
    }

    fn go_on(&mut self, layer: Layer, content: &Bytes, used: &mut Vec<Layer>, skip: usize, number: i32) {
        used.push(layer);
        self.peel(content, used, skip, number);
        used.pop();
    }
}

/// Whether it is one Java object and nothing behind it but what our own nodes write there.
fn is_plain(message: &Bytes) -> bool {
    const STREAM: &[u8] = &[0xac, 0xed, 0, 5];
    let limits = Limits { nodes: Limits::default().nodes.max(message.len() / 4), ..Limits::default() };
    message.starts_with(STREAM)
        && Stream::decode_prefix(message, &limits)
            .is_ok_and(|(_, length)| length == message.len() || TrailerReader::is_trailer(&message[length..]))
}

/// Whether a message that should be a Java object is none, and nothing else either that is known. That gzip has changed it does not say
/// what came below.
fn looks_encrypted(message: &Bytes, data: &ChannelData) -> bool {
    !data.options.contains(SendOptions::BYTE_MESSAGE)
        && message.len() >= ENCRYPTED_MIN
        && !message.starts_with(&[0xac, 0xed])
        && !gzip::is_compressed(message)
        && !passed_by(message)
        && !message.is_ascii()
}
