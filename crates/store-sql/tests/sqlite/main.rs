//! What holds for a database in a file, where no server is needed. The same against real servers: `interop`, test `stores_sql`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod foreign;
mod races;
mod support;

use outlive_store::contract;
use support::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_keeps_the_contract() {
    let mut places = Vec::new();
    contract::check(async || {
        let place = Place::new();
        let two = [place.stores().store(support::APP), place.stores().store(support::APP)];
        places.push(place);
        two
    })
    .await;
}
