//! The demo's page in a real browser: `outlive demo` as a process, and headless Chromium that presses its buttons.
//!
//! Needs Debian's packages `chromium` and `chromium-driver`, or the same programs from elsewhere; see `outlive_interop::runner` for the rest.
//! `OUTLIVE_PICTURES=FOLDER` tells the test `picture` where its pictures go, of which the README shows one: `cargo xtask picture`.

use std::process::ExitCode;

use outlive_interop::runner::{self, Test};

mod browser;
mod demo;
mod devtools;
mod keyboard;
mod looks;
mod page;
mod picture;
mod squatter;
mod story;

fn main() -> ExitCode {
    runner::main(&[
        Test::new("a_session_survives_what_the_buttons_do", story::buttons).with_outlive().with_browser(),
        Test::new("the_nine_steps_are_played_from_the_page", story::nine_steps).with_outlive().with_browser(),
        Test::new("a_failed_step_is_told", story::failures).with_outlive().with_browser(),
        Test::new("without_any_node_the_page_still_works", story::no_node).with_outlive().with_browser(),
        Test::new("forms_work_without_script_and_foreign_ones_do_not", story::forms).with_outlive().with_browser(),
        Test::new("the_keyboard_is_enough", keyboard::alone).with_outlive().with_browser(),
        Test::new("it_fits_a_phone_and_can_be_read", looks::fits_and_can_be_read).with_outlive().with_browser(),
        Test::new("picture", picture::take).with_outlive().with_browser().by_name(),
    ])
}
