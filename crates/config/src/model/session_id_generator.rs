//! How session ids are made.

use crate::setting::{Rule, settings};

settings! {
    /// How session ids are made. Tomcat's `StandardSessionIdGenerator`.
    pub struct SessionIdGenerator in "SessionIdGenerator" {
        /// Random bytes of an id, which is twice as many hexadecimal digits long, and with its route at most 255.
        session_id_length: usize = 16, "sessionIdLength", Rule::BYTES.within(2, 96);
    }
    ignored {
        "jvmRoute": String, Rule::ANY, "", "The engine's is taken in its place.";
        "secureRandomClass": String, Rule::ANY, "", "A part of a JVM: ids are made of the system's randomness.";
        "secureRandomAlgorithm": String, Rule::ANY, "SHA1PRNG", "A part of a JVM: ids are made of the system's randomness.";
        "secureRandomProvider": String, Rule::ANY, "", "A part of a JVM: ids are made of the system's randomness.";
    }
}
