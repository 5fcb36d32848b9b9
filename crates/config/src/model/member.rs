//! A member that a file names.

use outlive_tribes_proto::UniqueId;

use crate::domain::Domain;
use crate::setting::{Form, Rule, settings};

settings! {
    /// A member by its address: `Member`, or, for this node itself, `LocalMember`. Tomcat's `StaticMember`.
    pub struct Member in "Member" {
        /// A name or an address; `{127,0,0,1}` is taken, too. A local member has the receiver's.
        host: String = String::new(), "host" | "hostname", Rule::ANY.form(Form::HostOrBytes);
        /// The port of its receiver. A local member has the receiver's.
        port: u16 = 0, "port", Rule::PORT;
        /// The port for messages by UDP that it announces. None: none.
        udp_port: Option<u16> = None, "udpPort", Rule::PORT.none_below(0), noticed;
        /// Its domain.
        domain: Domain = Domain::default(), "domain", Rule::ANY;
        /// 16 signed bytes that name it, the same in every node's file.
        unique_id: UniqueId = UniqueId([0; 16]), "uniqueId", Rule::ANY;
    }
    ignored {
        "securePort": i64, Rule::SIGNED, "-1", "A port that is announced and opened by nobody.";
        "payload": String, Rule::ANY, "", "A text that it announces.";
    }
}
