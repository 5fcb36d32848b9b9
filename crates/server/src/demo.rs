//! demo
use crate::{cli::DemoArguments, exit::Exit};
pub(crate) async fn run(_: DemoArguments) -> Result<(), Exit> {
    Ok(())
}
