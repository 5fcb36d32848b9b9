//! `outlive store`: a store of sessions is made, listed, exported, imported. Exports are lines of JSON, so that any store goes into any
//! other, through a file or a pipe.

pub(crate) mod arguments;
mod export;
mod import;
mod line;
mod progress;

use std::sync::Arc;

pub(crate) use arguments::StoreCommand;
use arguments::StorePlace;
use outlive_store::{SessionHead, Store, StoreError};

use crate::exit::Exit;
use crate::stores::Stores;

/// How many sessions are asked for at a time.
const PAGE: usize = 500;

/// Does it.
///
/// # Errors
/// Exit code 2: the URL cannot be used. 1: the store, a file, or a line cannot.
pub(crate) async fn run(command: StoreCommand) -> Result<(), Exit> {
    match command {
        StoreCommand::Init(place) => {
            let store = opened(&place)?;
            store.init().await.map_err(told)?;
            eprintln!("ready: {}", store.describe());
            Ok(())
        }
        StoreCommand::List(arguments) => export::list(opened(&arguments.place)?, arguments.ids).await,
        StoreCommand::Export(arguments) => export::export(opened(&arguments.place)?, &arguments.file).await,
        StoreCommand::Import(arguments) => import::import(opened(&arguments.place)?, &arguments.file).await,
    }
}

fn opened(place: &StorePlace) -> Result<Arc<dyn Store>, Exit> {
    Ok(Stores::open(place.store.reveal())?.context(&place.context))
}

/// A store's error as the program's.
fn told(error: StoreError) -> Exit {
    Exit::failure(format!("--store: {error}"))
}

/// The page of heads behind one; the last page is not full.
async fn page(store: &dyn Store, last: Option<&SessionHead>) -> Result<Vec<SessionHead>, Exit> {
    store.heads(last.map(|head| &head.id), PAGE).await.map_err(told)
}
