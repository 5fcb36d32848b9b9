//! The process.

use std::time::Duration;

use crate::setting::{Rule, Unit, settings};

settings! {
    /// The process: where it is told to stop, and how all its ports are moved.
    pub struct Server in "Server" {
        /// The port that takes the word to stop; a negative one: none.
        port: Option<u16> = Some(8005), "port", Rule::PORT.none_below(0);
        /// The word that stops the server.
        shutdown: String = "SHUTDOWN".to_owned(), "shutdown", Rule::ANY;
        /// Where that port is opened, a name or an address.
        address: String = "localhost".to_owned(), "address", Rule::HOST;
        /// Added to this port and to each connector's.
        port_offset: u16 = 0, "portOffset", Rule::PORT;
    }
    ignored {
        "periodicEventDelay": i64, Rule::SIGNED.of(Unit::Seconds), "10", "Period of events to listeners.";
        "utilityThreads": i64, Rule::SIGNED, "2", "Threads for background work.";
        "utilityThreadsAsDaemon": bool, Rule::ANY, "false", "A property of threads of a JVM.";
    }
}

settings! {
    /// What connectors and the engine stand in.
    pub struct Service in "Service" {
        /// A label.
        name: String = "Catalina".to_owned(), "name", Rule::ANY;
        /// How long requests under way are waited for at the end.
        graceful_stop_await: Duration = Duration::ZERO, "gracefulStopAwaitMillis", Rule::MS, noticed;
    }
}

settings! {
    /// A pool of threads that connectors name: tasks of this process share its threads, so it means nothing here.
    pub struct Executor in "Executor" {}
    ignored {
        "name": String, Rule::ANY, "", "How connectors call it.";
        "maxThreads": i64, Rule::SIGNED, "200", "Most threads.";
        "minSpareThreads": i64, Rule::SIGNED, "25", "Fewest threads.";
        "maxIdleTime": i64, Rule::SIGNED.of(Unit::Milliseconds), "60000", "When an idle thread ends.";
        "maxQueueSize": i64, Rule::SIGNED, "2147483647", "Tasks that wait.";
        "namePrefix": String, Rule::ANY, "tomcat-exec-", "Names of its threads.";
        "threadPriority": i64, Rule::SIGNED, "5", "A property of threads of a JVM.";
        "daemon": bool, Rule::ANY, "true", "A property of threads of a JVM.";
        "threadRenewalDelay": i64, Rule::SIGNED.of(Unit::Milliseconds), "1000", "Between two renewals of threads.";
    }
}
