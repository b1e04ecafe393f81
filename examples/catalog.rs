//! Rebuilds `catalog/images.toml` from the registries, for a release: `cargo run --example catalog -- refresh [FILE]`.
//!
//! Each row that is neither superseded nor past its end gets the newest tag of its line, with digest, platforms and size as the
//! registry has them today. Rows are edited in place; what a row says of users and shells stays, for a person to look at when
//! the line is new. `DOCKWRIGHT_MIRRORS` and the other settings of `pin` hold.

#![allow(clippy::print_stderr, reason = "a tool for maintainers")]

use std::process::ExitCode;

use dockwright::catalog::{short, version_of};
use dockwright::pins::{Date, newer_tags};
use dockwright::registry::reference::Repository;
use dockwright::registry::{Failure, Options, Registries};
use toml_edit::{Array, DocumentMut, Table, value};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["refresh"] => concat!(env!("CARGO_MANIFEST_DIR"), "/catalog/images.toml"),
        ["refresh", path] => path,
        _ => {
            eprintln!("usage: cargo run --example catalog -- refresh [FILE]");
            return ExitCode::from(2);
        }
    };
    match refresh(path) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} rows could not be refreshed and stay as they are");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn refresh(path: &str) -> Result<usize, Box<dyn std::error::Error>> {
    let mut document: DocumentMut = fs_err::read_to_string(path)?.parse()?;
    let registries = Registries::new(Options::from_environment()?);
    let today = Date::today().to_string();
    let mut failed = 0;
    let rows = document.get_mut("image").and_then(|rows| rows.as_array_of_tables_mut()).ok_or("no `[[image]]` in the file")?;
    let known: Vec<(String, String)> = rows.iter().map(|row| (text(row, "repository"), text(row, "tag"))).collect();
    for row in rows.iter_mut().filter(|row| text(row, "status") == "current") {
        let name = format!("{}:{}", text(row, "repository"), text(row, "tag"));
        match renew(row, &registries, &known, &today) {
            Ok(now) => eprintln!("{name} -> {now}"),
            Err(failure) => {
                failed += 1;
                eprintln!("{name}: {failure}");
            }
        }
    }
    document["generated"] = value(today);
    fs_err::write(path, document.to_string())?;
    Ok(failed)
}

/// Asks for one row. A newer tag that another row already has is that row's.
fn renew(row: &mut Table, registries: &Registries, known: &[(String, String)], today: &str) -> Result<String, Failure> {
    let (name, old) = (text(row, "repository"), text(row, "tag"));
    let repository = Repository::parse(&name);
    let tags = registries.tags(&repository)?;
    let newer = newer_tags(short(&name), &old, &[], tags.iter().map(String::as_str));
    let wanted = ["linux/amd64", "linux/arm64"].map(str::to_owned);
    for tag in newer.into_iter().chain([old.as_str()]) {
        if tag != old && known.contains(&(name.clone(), tag.to_owned())) {
            continue;
        }
        let found = match registries.resolve(&repository, tag, &wanted, None) {
            // The newest may still be building for one platform.
            Err(Failure::Unfit(_) | Failure::NotFound(_)) if tag != old => continue,
            found => found?,
        };
        let size = registries.compressed_size(&repository, &found.digest, "linux/amd64")?;
        if tag != old {
            row["tag"] = value(tag);
            if let Some(version) = version_of(&old, &text(row, "version"), tag) {
                row["version"] = value(version);
            }
        }
        row["platforms"] = value(found.platforms.iter().collect::<Array>());
        row["platforms_verified"] = value(true);
        #[expect(clippy::cast_precision_loss, reason = "a size in bytes is far below 2^52")]
        let megabytes = (size as f64 / 1e5).round() / 10.0;
        row["compressed_mb_amd64"] = value(megabytes);
        row.remove("size_from");
        row["observed"] = value(today);
        row["evidence"] = value("registry");
        row["pin_count"] = value(0);
        row["preferred"] = value(true);
        row["source"] = value(format!("{} on {today}", found.from));
        let now = format!("{tag} {}", found.digest);
        row["digest"] = value(found.digest);
        return Ok(now);
    }
    Err(Failure::NotFound(format!("{name}:{old}")))
}

fn text(row: &Table, key: &str) -> String {
    row.get(key).and_then(|item| item.as_str()).unwrap_or_default().to_owned()
}
