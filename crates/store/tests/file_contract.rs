//! The store of files keeps the contract of all stores.

use std::path::PathBuf;

use outlive_store::{FileStore, contract};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_files_keeps_the_contract() -> std::io::Result<()> {
    let place = tempfile::tempdir()?;
    let mut number = 0;
    contract::check(async || {
        number += 1;
        let folder: PathBuf = place.path().join(format!("missing/{number}"));
        [FileStore::new(&folder), FileStore::new(folder)]
    })
    .await;
    Ok(())
}
