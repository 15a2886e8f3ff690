//! `wharf keys`: the keyring's keys, the authorities and root's key, shown and rotated while everything
//! runs; and the keyring's passphrase.

use std::{
    io::{BufRead, IsTerminal, Write},
    process::ExitCode,
};

use serde::Deserialize;
use wharf_base::Timestamp;

use wharf_seal::set_passphrase;
use wharf_wal::FolderLock;

use crate::{
    KeysCommand, KeysPassphraseArgs, KeysRetireArgs, RetiredKey, RotatedKey, call, keyring,
    layout::Layout, node_keyring, problem::Problem, style::Style,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    keys: Vec<Key>,
    /// Nodes that the retirement of the keyring's keys before would lock out.
    locked_out: Vec<String>,
    nodes: NodeAuthorities,
    certificates: CertificateAuthorities,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeAuthorities {
    authorities: Vec<NodeAuthority>,
    locked_out: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeAuthority {
    digest: String,
    made_at: Option<Timestamp>,
    next: bool,
}

#[derive(Deserialize)]
struct CertificateAuthorities {
    authorities: Vec<CertificateAuthority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CertificateAuthority {
    name: String,
    not_after: Timestamp,
    active: bool,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    created: Timestamp,
    active: bool,
    secrets: usize,
    /// Files of the registry.
    images: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotatedKeyring {
    active: String,
    sealed_anew: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotatedRoot {
    access_key_id: String,
}

#[derive(Deserialize)]
struct RotatedNodes {
    authority: String,
}

#[derive(Deserialize)]
struct RotatedCertificates {
    authority: String,
    renewing: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retired {
    retired: Vec<String>,
    #[serde(default)]
    locked_out: Vec<String>,
    /// Certificates that were not renewed before.
    #[serde(default)]
    outdated: Vec<String>,
}

/// Of a digest, as people are shown it.
const SHOWN_DIGITS: usize = 16;

pub fn run(layout: &Layout, command: &KeysCommand) -> Result<ExitCode, Problem> {
    match command {
        KeysCommand::List(_) => list(layout)?,
        KeysCommand::Rotate(args) => match args.key {
            RotatedKey::Keyring => rotate_keyring(layout)?,
            RotatedKey::Nodes => rotate_nodes(layout)?,
            RotatedKey::Certificates => rotate_certificates(layout)?,
            RotatedKey::Root => rotate_root(layout)?,
            RotatedKey::NodeKeyring => node_keyring::rotate(layout)?,
        },
        KeysCommand::Retire(args) => return retire(layout, args),
        KeysCommand::Passphrase(args) => passphrase(layout, args)?,
        KeysCommand::New => return new(),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(layout: &Layout) -> Result<(), Problem> {
    let found: Keys = ask(layout, "GET", "/wharf/keys", "")?;
    println!(
        "{:18}{:22}{:8}{:9}IMAGE FILES",
        "KEY", "CREATED", "ACTIVE", "SECRETS"
    );
    for key in found.keys {
        let active = if key.active { "yes" } else { "no" };
        let created = key.created.iso8601_seconds();
        println!(
            "{:18}{created:22}{active:8}{:<9}{}",
            key.id, key.secrets, key.images
        );
    }
    println!("\n{:18}{:22}NODES", "AUTHORITY", "CREATED");
    let waiting = found.nodes.locked_out.len();
    for authority in found.nodes.authorities {
        let made = authority.made_at.map(Timestamp::iso8601_seconds);
        let is = match (authority.next, waiting) {
            (false, _) => "current".to_owned(),
            (true, 0) => "next; all trust it".to_owned(),
            (true, waiting) => format!("next; {waiting} do not trust it yet"),
        };
        let digest = authority.digest.get(..SHOWN_DIGITS).unwrap_or_default();
        println!(
            "{digest:18}{:22}{is}",
            made.unwrap_or_else(|| "-".to_owned())
        );
    }
    if !found.certificates.authorities.is_empty() {
        println!("\n{:40}{:22}CERTIFICATES", "AUTHORITY", "NOT AFTER");
    }
    for authority in found.certificates.authorities {
        let is = if authority.active { "signs" } else { "trusted" };
        let end = authority.not_after.iso8601_seconds();
        println!("{:40}{end:22}{is}", authority.name);
    }
    Ok(())
}

fn rotate_nodes(layout: &Layout) -> Result<(), Problem> {
    let done: RotatedNodes = ask(layout, "POST", "/wharf/keys/rotate", "key=nodes")?;
    let style = Style::of_stdout();
    println!(
        "{} The next authority is {}; nodes learn of it over their connections.",
        style.good("Rotated."),
        done.authority.get(..SHOWN_DIGITS).unwrap_or_default(),
    );
    println!(
        "{}",
        style.faint("The one before goes with `wharf keys retire nodes`.")
    );
    Ok(())
}

fn rotate_certificates(layout: &Layout) -> Result<(), Problem> {
    let query = "key=certificates";
    let done: RotatedCertificates = ask(layout, "POST", "/wharf/keys/rotate", query)?;
    let style = Style::of_stdout();
    println!(
        "{} {} signs from now on; certificates being renewed: {}.",
        style.good("Rotated."),
        done.authority,
        done.renewing
    );
    println!(
        "{}",
        style.faint(
            "Give clients what `wharf ca` prints now; the one before goes with `wharf keys retire certificates`."
        )
    );
    Ok(())
}

fn rotate_keyring(layout: &Layout) -> Result<(), Problem> {
    let done: RotatedKeyring = ask(layout, "POST", "/wharf/keys/rotate", "key=keyring")?;
    let style = Style::of_stdout();
    println!(
        "{} Secrets are sealed under key {}; {} were sealed anew.",
        style.good("Rotated."),
        done.active,
        done.sealed_anew
    );
    println!(
        "{}",
        style.faint(
            "Copy the keyring to where its backup is. Keys before go with `wharf keys retire`."
        )
    );
    Ok(())
}

fn rotate_root(layout: &Layout) -> Result<(), Problem> {
    let done: RotatedRoot = ask(layout, "POST", "/wharf/keys/rotate", "key=root")?;
    let style = Style::of_stdout();
    println!(
        "{} Root's key is {} now; all it had end.",
        style.good("Rotated."),
        done.access_key_id
    );
    println!(
        "{}",
        style.faint("In shells that use it: eval \"$(wharf env)\"")
    );
    Ok(())
}

fn retire(layout: &Layout, args: &KeysRetireArgs) -> Result<ExitCode, Problem> {
    if args.now && !args.yes && !confirmed(layout, args.key)? {
        println!("Nothing was retired.");
        return Ok(ExitCode::FAILURE);
    }
    let key = match args.key {
        RetiredKey::Keyring => "keyring",
        RetiredKey::Nodes => "nodes",
        RetiredKey::Certificates => "certificates",
    };
    let now = if args.now { "&now=true" } else { "" };
    let query = format!("key={key}{now}");
    let done: Retired = ask(layout, "POST", "/wharf/keys/retire", &query)?;
    let style = Style::of_stdout();
    let (what, count) = (
        if args.key == RetiredKey::Keyring {
            "keys"
        } else {
            "authorities"
        },
        done.retired.len(),
    );
    println!("{} {count} {what}.", style.good("Retired"));
    for id in done.retired {
        println!("  {id}");
    }
    if !done.locked_out.is_empty() {
        println!("Locked out; these nodes must join again:");
    }
    for node in done.locked_out {
        println!("  {node}");
    }
    if !done.outdated.is_empty() {
        println!("These certificates are still of what was retired, and are being renewed:");
    }
    for arn in done.outdated {
        println!("  {arn}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which nodes would be locked out, and asks whether they shall be. Where nobody can be asked it
/// is an error, unless there are none.
fn confirmed(layout: &Layout, key: RetiredKey) -> Result<bool, Problem> {
    let found: Keys = ask(layout, "GET", "/wharf/keys", "")?;
    let nodes = match key {
        RetiredKey::Keyring => found.locked_out,
        RetiredKey::Nodes => found.nodes.locked_out,
        RetiredKey::Certificates => Vec::new(),
    };
    if nodes.is_empty() {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Problem::other(format!(
            "this locks out {}, which must join again: add --yes if that is what you want",
            nodes.join(", ")
        )));
    }
    println!("These nodes are locked out and must join again:");
    for node in nodes {
        println!("  {node}");
    }
    print!("Go on? [y/N] ");
    let mut answer = String::new();
    std::io::stdout()
        .flush()
        .and_then(|()| std::io::stdin().lock().read_line(&mut answer))
        .map_err(|cause| Problem::caused("the terminal cannot be asked", cause))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// `wharf keys new`: a keyring on the standard output.
pub fn new() -> Result<ExitCode, Problem> {
    let mut out = std::io::stdout().lock();
    out.write_all(wharf_seal::new_document().expose())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(|cause| Problem::caused("cannot print", cause))?;
    Ok(ExitCode::SUCCESS)
}

/// Nobody may have the keyring open meanwhile: a server would be started again with the passphrase
/// before.
fn passphrase(layout: &Layout, args: &KeysPassphraseArgs) -> Result<(), Problem> {
    crate::roles::require_installation(layout)?;
    let _lock = layout.lock()?;
    // A joined node has no server.
    let store = layout.server().join("store");
    let _server = store
        .exists()
        .then(|| FolderLock::acquire(&store))
        .transpose()
        .map_err(|cause| Problem::caused("stop the server first", cause))?;
    let source = match layout.joined() {
        true => keyring::source(layout.given_node_keyring_file()?)?,
        false => layout.keyring()?,
    };
    let Some(path) = source.path() else {
        return Err(Problem::other(
            "a keyring that is given by a descriptor has its passphrase where it comes from",
        ));
    };
    let new = match (&args.new_passphrase_file, args.remove) {
        (_, true) => None,
        (Some(path), _) => Some(keyring::read_passphrase(path)?),
        (None, false) => {
            let new = keyring::ask("New passphrase: ")?;
            if keyring::ask("The same again: ")? != new {
                return Err(Problem::other("the two differ; nothing was changed"));
            }
            Some(new)
        }
    };
    set_passphrase(path, source.passphrase.as_ref(), new.as_ref())
        .map_err(|cause| Problem::caused("nothing was changed", cause))?;
    let style = Style::of_stdout();
    match new {
        Some(_) => println!(
            "{} {} opens with the new passphrase alone.",
            style.good("Set."),
            path.display()
        ),
        None => println!(
            "{} {} opens without a passphrase.",
            style.good("Removed."),
            path.display()
        ),
    }
    println!(
        "{}",
        style.faint("Copies made before open as they did: replace the one at its backup.")
    );
    Ok(())
}

fn ask<T: for<'a> Deserialize<'a>>(
    layout: &Layout,
    method: &str,
    path: &str,
    query: &str,
) -> Result<T, Problem> {
    let settings = layout.settings()?;
    let answer = call::block_on(call::ask(layout, &settings, method, path, query))?;
    serde_json::from_str(&answer)
        .map_err(|cause| Problem::caused("the server's answer is not understood", cause))
}
