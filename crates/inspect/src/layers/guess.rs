//! Which interceptors wrote a message, where nobody said it: those by which it decodes.
//!
//! Java streams and gzip data end by themselves, so a trailer behind them shows; an encrypted message shows where the key is known.
//! Where more than one stack would do, that of the message before is taken, else the one with the smallest order number: numbers count
//! from 1, and bytes that belong to something else make large ones.

use bytes::Bytes;
use outlive_serial::{Limits, Stream};
use outlive_tribes_proto::interceptor::gzip;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::send_options::SendOptions;

use super::encrypt::Decryption;
use super::fragments::{Part, split};
use super::{ENCRYPTED_MIN, Layer, inflated, numbered, passed_by};

/// A fragment with more parts than this is something else that ends with 01.
const PARTS_MAX: i32 = 1 << 16;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Guess {
    /// The layers of the last message that had any, the outermost first.
    last: Vec<Layer>,
}

/// A stack that decodes a message, the outermost layer first.
struct Solution {
    layers: Vec<Layer>,
    /// The number of the order layer; 0 without it.
    number: i32,
}

impl Guess {
    /// The layers of a message, the outermost first; none if none are needed or no stack would do.
    pub(super) fn stack(&mut self, message: &Bytes, data: &ChannelData, key: Option<&Decryption>) -> Vec<Layer> {
        if is_plain(message) {
            return Vec::new();
        }
        let layers = self.best(message, data, key, &[]);
        if !layers.is_empty() {
            self.last.clone_from(&layers);
        } else if looks_encrypted(message, data) && key.is_none() {
            return vec![Layer::Encrypt];
        }
        layers
    }

    /// The layers of a message that was put together from fragments, which are done with.
    pub(super) fn above_fragments(&self, message: &Bytes, data: &ChannelData, key: Option<&Decryption>) -> Vec<Layer> {
        let layers = self.best(message, data, key, &[Layer::Fragment, Layer::Order]);
        if layers.is_empty() && key.is_none() && !is_plain(message) && looks_encrypted(message, data) {
            return vec![Layer::Encrypt];
        }
        layers
    }

    fn best(&self, message: &Bytes, data: &ChannelData, key: Option<&Decryption>, without: &[Layer]) -> Vec<Layer> {
        let mut solutions = Vec::new();
        Search { data, key, solutions: &mut solutions }.peel(message, &mut without.to_vec(), without.len(), 0);
        let usual = solutions.iter().position(|solution| solution.layers == self.last);
        let smallest = || (0..solutions.len()).min_by_key(|at| solutions[*at].number);
        let best = usual.or_else(smallest);
        best.map(|at| solutions.swap_remove(at).layers).unwrap_or_default()
    }
}

struct Search<'a> {
    data: &'a ChannelData,
    key: Option<&'a Decryption>,
    solutions: &'a mut Vec<Solution>,
}

impl Search<'_> {
    /// Tries each layer that is not used yet; `used` begins with those that are not to be tried at all. There are four layers, so this
    /// is no deeper than four.
    fn peel(&mut self, message: &Bytes, used: &mut Vec<Layer>, skip: usize, number: i32) {
        if used.len() > skip && (is_plain(message) || passed_by(message)) {
            self.solutions.push(Solution { layers: used[skip..].to_vec(), number });
            return;
        }
        if !used.contains(&Layer::Gzip)
            && gzip::is_compressed(message)
            && let Some(content) = inflated(message)
        {
            self.go_on(Layer::Gzip, &content, used, skip, number);
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
                    let layers = used[skip..].iter().copied().chain([Layer::Fragment]).collect();
                    self.solutions.push(Solution { layers, number });
                }
                _ => {}
            }
        }
    }

    fn go_on(&mut self, layer: Layer, content: &Bytes, used: &mut Vec<Layer>, skip: usize, number: i32) {
        used.push(layer);
        self.peel(content, used, skip, number);
        used.pop();
    }
}

/// Whether it is one Java object and nothing behind it.
fn is_plain(message: &Bytes) -> bool {
    const STREAM: &[u8] = &[0xac, 0xed, 0, 5];
    let limits = Limits { nodes: Limits::default().nodes.max(message.len() / 4), ..Limits::default() };
    message.starts_with(STREAM)
        && Stream::decode_prefix(message, &limits).is_ok_and(|(_, length)| length == message.len())
}

/// Whether a message that should be a Java object is none, and nothing else either that is known.
fn looks_encrypted(message: &Bytes, data: &ChannelData) -> bool {
    let options = data.options;
    !options.contains(SendOptions::BYTE_MESSAGE)
        && !options.contains(gzip::COMPRESSED)
        && message.len() >= ENCRYPTED_MIN
        && !message.starts_with(&[0xac, 0xed])
        && !passed_by(message)
        && !message.is_ascii()
}
