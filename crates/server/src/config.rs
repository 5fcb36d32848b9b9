//! `outlive config`: what a node would be, from a Tomcat's files or an outlive.toml.

pub(crate) mod arguments;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub(crate) use arguments::ConfigCommand;
use arguments::{CheckArguments, ConvertArguments, SourceArguments};
use outlive_config::{Definitions, Level, Loaded, Notice, Source, TomlOptions};

use crate::cli::{self, FileArguments};
use crate::exit::Exit;
use crate::serve::Settings;

/// Who may read a file with secrets: its owner.
const OWNER_ONLY: u32 = 0o600;

/// Does it.
///
/// # Errors
/// Exit code 2: the files cannot be used. 1: what is to be written cannot be.
pub(crate) fn run(command: ConfigCommand) -> Result<(), Exit> {
    run_with(command, &mut std::io::stdout().lock())
}

fn run_with(command: ConfigCommand, output: &mut impl Write) -> Result<(), Exit> {
    match command {
        ConfigCommand::Check(arguments) => check(&arguments, output),
        ConfigCommand::Convert(arguments) => convert(&arguments, output),
        ConfigCommand::Reference => print(&outlive_config::reference(), output),
    }
}

fn check(arguments: &CheckArguments, output: &mut impl Write) -> Result<(), Exit> {
    let loaded = load(&arguments.source)?;
    let source = &arguments.source;
    let files = FileArguments { base: source.base.clone(), config: source.file.clone(), define: source.define.clone() };
    // What a node would refuse and say, by the same words.
    let flags = cli::serve_arguments(files, arguments.allow_plaintext)?;
    let settings = Settings::resolve(flags).map_err(Exit::into_usage)?;
    let options = TomlOptions { secrets: false, defaults: arguments.all };
    print(&outlive_config::to_toml(&loaded.configuration, options), output)?;
    tell(settings.notices(), arguments.all);
    Ok(())
}

fn convert(arguments: &ConvertArguments, output: &mut impl Write) -> Result<(), Exit> {
    let loaded = load(&arguments.source)?;
    tell(&loaded.notices, false);
    let options = TomlOptions { secrets: arguments.output.is_some(), defaults: false };
    let text = format!(
        "# Relative paths are relative to the folder of this file; they were relative to {}.\n\n{}",
        loaded.base.display().to_string().escape_debug(),
        outlive_config::to_toml(&loaded.configuration, options)
    );
    match &arguments.output {
        Some(file) => write(file, &text),
        None => {
            print(&text, output)?;
            if outlive_config::has_secrets(&loaded.configuration) {
                eprintln!("keys and passwords are left out; --output FILE writes them, for its owner's eyes alone");
            }
            Ok(())
        }
    }
}

fn load(arguments: &SourceArguments) -> Result<Loaded, Exit> {
    let defined = arguments.define.iter().map(|one| (one.name.clone(), one.value.clone()));
    let source = match (&arguments.base, &arguments.file) {
        (Some(folder), _) => Source::Base(folder.clone()),
        (None, Some(file)) => Source::File(file.clone()),
        (None, None) => return Err(Exit::usage("a FILE or --base is needed")),
    };
    outlive_config::load(&source, &Definitions::of_process(defined)).map_err(|error| Exit::usage(error.to_string()))
}

/// Notices, those that matter most first.
fn tell(notices: &[Notice], all: bool) {
    for (level, word) in [(Level::Warning, "warning"), (Level::Notice, "notice"), (Level::Detail, "detail")] {
        for notice in notices.iter().filter(|notice| notice.level == level && (all || level != Level::Detail)) {
            eprintln!("{word}: {notice}");
        }
    }
}

/// A reader of the output that goes away is no failure.
fn print(text: &str, output: &mut impl Write) -> Result<(), Exit> {
    match output.write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Exit::failure(format!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Never over a file that is there: it might be readable by others, or be what somebody has written by hand.
fn write(file: &Path, text: &str) -> Result<(), Exit> {
    let open = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(file);
    let written = open.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Exit::failure(format!("{} is there already, and is not overwritten", file.display()))
        }
        _ => Exit::failure(format!("{} cannot be written: {error}", file.display())),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Runs a command line, which must be one of `config`, and gives what it prints.
    fn run_line(line: &[&str]) -> Result<String, Exit> {
        let words = ["outlive", "config"].iter().chain(line).map(Into::into);
        let mut output = Vec::new();
        match crate::cli::parse(words)? {
            crate::cli::Command::Config(command) => run_with(command, &mut output)?,
            other => panic!("{other:?}"),
        }
        Ok(String::from_utf8(output).unwrap())
    }

    const SERVER: &str = r#"<Server><Service><Connector protocol="AJP/1.3" port="8009" secret="s3cret"/><Engine name="Catalina">
        <Host name="localhost"/></Engine></Service></Server>"#;

    #[test]
    fn secrets_go_into_a_file_of_the_owner_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (server, output) = (folder.path().join("server.xml"), folder.path().join("outlive.toml"));
        std::fs::write(&server, SERVER).unwrap();
        let (server, output_name) = (server.to_str().unwrap(), output.to_str().unwrap());
        run_line(&["convert", server, "--output", output_name]).unwrap();
        assert_eq!(output.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::read_to_string(&output).unwrap().contains("secret = \"s3cret\""));
        for line in [&["check", output_name, "--all"], &["convert", server][..]] {
            let printed = run_line(line).unwrap();
            assert!(printed.contains("# secret is hidden") && !printed.contains("s3cret"), "{printed}");
        }
        // A second time it would overwrite it.
        let exit = run_line(&["convert", server, "--output", output_name]).unwrap_err();
        assert_eq!(exit.parts(), (1, format!("{output_name} is there already, and is not overwritten").as_str()));
    }

    #[test]
    fn what_cannot_be_is_exit_code_2() {
        let folder = tempfile::tempdir().unwrap();
        let server = folder.path().join("server.xml");
        std::fs::write(&server, SERVER.replace("8009", "${port}")).unwrap();
        let server = server.to_str().unwrap();
        run_line(&["check", server, "-D", "port=8010"]).unwrap();
        let exit = run_line(&["check", server, "-D", "port=x"]).unwrap_err();
        let text = format!(
            "{server}:1:48: Server/Service/Connector: port=\"x\" is impossible: it must be a whole number from 0 to 65535"
        );
        assert_eq!(exit.parts(), (2, text.as_str()));
        for line in [
            &["check"][..],
            &["check", "no-such.xml"],
            &["check", server, "--base", "x"],
            &["check", server, "-D", "x"],
            &["convert"],
        ] {
            assert_eq!(run_line(line).unwrap_err().parts().0, 2, "{line:?}");
        }
    }
}
