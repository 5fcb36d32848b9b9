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
use crate::serve::described_store;
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
            let opened = Opened::of(&place)?;
            opened.store.init().await.map_err(|error| opened.told(error))?;
            eprintln!("ready: {}", opened.store.describe());
            Ok(())
        }
        StoreCommand::List(arguments) => export::list(Opened::of(&arguments.place)?, arguments.ids).await,
        StoreCommand::Export(arguments) => export::export(Opened::of(&arguments.place)?, &arguments.file).await,
        StoreCommand::Import(arguments) => import::import(Opened::of(&arguments.place)?, &arguments.file).await,
    }
}

/// A store, and what it is called where it was given.
#[derive(Clone)]
struct Opened {
    store: Arc<dyn Store>,
    said: Arc<str>,
}

impl Opened {
    fn of(place: &StorePlace) -> Result<Self, Exit> {
        let has_files = place.files.base.is_some() || place.files.config.is_some();
        match &place.store {
            Some(_) if has_files => Err(Exit::usage(
                "--store (or OUTLIVE_STORE) and --base or --config name two places: leave one of them out",
            )),
            None if has_files => {
                let (store, said) = described_store(&place.files, place.host.as_deref(), place.context.as_deref())?;
                Ok(Self { store, said: said.into() })
            }
            Some(_) if place.host.is_some() || !place.files.define.is_empty() => {
                Err(Exit::usage("--host and -D say something of files, and neither --base nor --config names any"))
            }
            Some(url) => {
                let path = place.context.as_deref().unwrap_or("/app");
                Ok(Self { store: Stores::of_one(url.reveal(), path)?, said: "--store".into() })
            }
            None => {
                Err(Exit::usage("no store is named: give --store URL (or OUTLIVE_STORE), --base DIR or --config FILE"))
            }
        }
    }

    /// A store's error as the program's.
    fn told(&self, error: StoreError) -> Exit {
        Exit::failure(format!("{}: {error}", self.said))
    }

    /// The page of heads behind one; the last page is not full.
    async fn page(&self, last: Option<&SessionHead>) -> Result<Vec<SessionHead>, Exit> {
        self.store.heads(last.map(|head| &head.id), PAGE).await.map_err(|error| self.told(error))
    }
}
