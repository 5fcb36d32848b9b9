//! `--options`, as written.

use outlive_net::SendOptions;

/// What may be said of how changes are sent. `byte_message` is no such thing: a change is a Java object.
const KNOWN: SendOptions = SendOptions(
    SendOptions::USE_ACK.0
        | SendOptions::SYNCHRONIZED_ACK.0
        | SendOptions::ASYNCHRONOUS.0
        | SendOptions::SECURE.0
        | SendOptions::UDP.0
        | SendOptions::MULTICAST.0,
);

/// A sum of what is known, or names. A file may have what means nothing, for a Tomcat takes no notice of it; whoever writes a flag is told.
pub(super) fn send_options(text: &str) -> Result<SendOptions, String> {
    let refused = |word: &str| {
        format!(
            "`{word}` is no send option of changes; there are use_ack (2), synchronized_ack (sync, 4), asynchronous (async, 8), secure (16), \
             udp (32), multicast (64), by names with commas between them or as one sum from 2 to 126"
        )
    };
    match text.parse::<SendOptions>() {
        Ok(options) if options != SendOptions::NONE && KNOWN.contains(options) => Ok(options),
        Ok(_) => Err(refused(text)),
        Err(unknown) => Err(refused(&unknown.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_meaning_is_taken() {
        for (text, options) in
            [("6", 6), ("14", 14), ("126", 126), ("sync,use_ack", 6), (" async ", 8), ("multicast", 64)]
        {
            assert_eq!(send_options(text), Ok(SendOptions(options)), "{text}");
        }
        for text in
            ["0", "1", "9", "127", "128", "256", "512", "65536", "-1", "byte", "byte_message,async", "fast", "", "6,2"]
        {
            let told = send_options(text).expect_err(text);
            assert!(told.contains("is no send option") && told.contains("synchronized_ack (sync, 4)"), "{told}");
        }
    }
}
