//! The files of `examples/` name commands and flags of this program: all of them are ones that there are, and fit each other.

use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

use crate::cli::{self, Command};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// All documents of all manifests.
fn manifests() -> Vec<Yaml> {
    let files = std::fs::read_dir(folder("kubernetes")).unwrap();
    let paths = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    let documents: Vec<Yaml> = paths
        .flat_map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect();
    assert!(documents.iter().all(|one| one["apiVersion"].as_str().is_some() && name(one).is_some()));
    documents
}

fn name(document: &Yaml) -> Option<&str> {
    document["metadata"]["name"].as_str()
}

fn find<'a>(documents: &'a [Yaml], kind: &str, wanted: &str) -> &'a Yaml {
    let found = documents.iter().find(|one| one["kind"].as_str() == Some(kind) && name(one) == Some(wanted));
    found.unwrap_or_else(|| panic!("no {kind} {wanted}"))
}

fn container(workload: &Yaml) -> &Yaml {
    &workload["spec"]["template"]["spec"]["containers"][0]
}

/// The words of a list, with what Kubernetes puts in the place of variables.
fn words(list: &Yaml) -> Vec<String> {
    let word =
        |word: &Yaml| word.as_str().unwrap().replace("$(POD_NAME)", "outlive-0").replace("$(POD_IP)", "127.0.0.1");
    list.as_vec().unwrap().iter().map(word).collect()
}

fn parsed(words: Vec<String>) -> Command {
    let line = words.join(" ");
    cli::parse(words.into_iter().map(Into::into)).unwrap_or_else(|exit| panic!("{line}: {exit:?}"))
}

fn seconds(words: &[String], flag: &str) -> i64 {
    let value = words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {flag}")).parse().unwrap()
}

#[test]
fn the_manifests_run_what_there_is() {
    let documents = manifests();
    let nodes = find(&documents, "StatefulSet", "outlive");
    let mut line = words(&container(nodes)["command"]);
    line.extend(words(&container(nodes)["args"]));
    assert!(matches!(parsed(line.clone()), Command::Serve(_)));
    let stop = words(&container(nodes)["lifecycle"]["preStop"]["exec"]["command"]);
    assert!(matches!(parsed(stop), Command::Drain(_)));
    let grace = nodes["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap();
    assert!(grace > seconds(&line, "--drain-delay") + 2 * seconds(&line, "--drain-limit") + 1, "it is killed half-way");

    let balance = find(&documents, "Deployment", "outlive-balance");
    let mut line = words(&container(balance)["command"]);
    line.extend(words(&container(balance)["args"]));
    assert!(matches!(parsed(line.clone()), Command::Balance(_)));
    let grace = balance["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap();
    assert!(grace > seconds(&line, "--drain-delay") + seconds(&line, "--end-limit") + 1, "it is killed half-way");
}

#[test]
fn the_manifests_fit_each_other() {
    let documents = manifests();
    let nodes = find(&documents, "StatefulSet", "outlive");
    let template = &nodes["spec"]["template"];
    let labels = &template["metadata"]["labels"];
    assert_eq!(&nodes["spec"]["selector"]["matchLabels"], labels);
    let headless = nodes["spec"]["serviceName"].as_str().unwrap();
    assert_eq!(&find(&documents, "Service", headless)["spec"]["selector"], labels);
    assert_eq!(&find(&documents, "PodDisruptionBudget", "outlive")["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&find(&documents, "NetworkPolicy", "outlive")["spec"]["podSelector"]["matchLabels"], labels);

    let account = template["spec"]["serviceAccountName"].as_str().unwrap();
    find(&documents, "ServiceAccount", account);
    let role = find(&documents, "RoleBinding", "outlive")["roleRef"]["name"].as_str().unwrap();
    let rule = &find(&documents, "Role", role)["rules"][0];
    assert_eq!((rule["resources"][0].as_str(), rule["verbs"][0].as_str()), (Some("pods"), Some("list")));

    // Every port that is named is one of the containers'.
    let ports = |workload: &Yaml| -> Vec<String> {
        container(workload)["ports"]
            .as_vec()
            .unwrap()
            .iter()
            .map(|port| port["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let of_nodes = ports(nodes);
    let of_balancers = ports(find(&documents, "Deployment", "outlive-balance"));
    for probe in ["readinessProbe", "startupProbe", "livenessProbe"] {
        let probe = &container(nodes)[probe];
        let named = probe["httpGet"]["port"].as_str().or(probe["tcpSocket"]["port"].as_str()).unwrap();
        assert!(of_nodes.iter().any(|port| port == named), "{named}");
    }
    for rule in find(&documents, "NetworkPolicy", "outlive")["spec"]["ingress"].as_vec().unwrap() {
        for port in rule["ports"].as_vec().unwrap() {
            assert!(of_nodes.iter().any(|known| Some(known.as_str()) == port["port"].as_str()), "{port:?}");
        }
    }
    let front = find(&documents, "Service", "outlive");
    let target = front["spec"]["ports"][0]["targetPort"].as_str().unwrap();
    assert!(of_balancers.iter().any(|port| port == target));
}

#[test]
fn the_unit_runs_what_there_is() {
    let unit = std::fs::read_to_string(folder("systemd").join("outlive.service")).unwrap();
    let value = |name: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
        line.trim_start_matches('-').trim_matches('"').to_owned()
    };
    let options = value("Environment=").trim_start_matches("OPTIONS=").to_owned();
    let start = value("ExecStart=").replace("%l", "host-1").replace("$OPTIONS", &options);
    assert!(matches!(parsed(start.split_whitespace().map(str::to_owned).collect()), Command::Serve(_)));
    let stop = value("ExecStop=");
    assert!(matches!(parsed(stop.split_whitespace().map(str::to_owned).collect()), Command::Drain(_)));
}

/// The pages of the three ways quote the files that the process tests start nodes from, whole.
#[test]
fn the_pages_quote_what_is_tested() {
    for way in ["in-memory", "shared-files", "shared-database"] {
        let page = folder("../docs").join(format!("{way}.md"));
        let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let link = format!("](../examples/configuration/{way}/");
        let mut quoted = Vec::new();
        for (at, _) in page.match_indices(&link) {
            let (file, behind) = page[at + link.len()..].split_once(')').unwrap();
            let block = behind.trim_start_matches(':').trim_start().strip_prefix("```xml\n").expect("a quote");
            let text = std::fs::read_to_string(folder("configuration").join(way).join(file)).unwrap();
            assert_eq!(block.split_once("```").unwrap().0, text, "docs/{way}.md, {file}");
            quoted.push(file.to_owned());
        }
        let mut files = files_below(&folder("configuration").join(way), "");
        quoted.sort();
        files.sort();
        assert_eq!(quoted, files, "docs/{way}.md has all files, and each once");
    }
}

fn files_below(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .flat_map(|entry| {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type().unwrap().is_dir() {
                true => files_below(&entry.path(), &format!("{name}/")),
                false => vec![name],
            }
        })
        .collect()
}
