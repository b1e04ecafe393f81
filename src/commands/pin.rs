//! `pin`: newer tags and digests for the images of the generated files.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::answers_file::{self, AnswersFile};
use crate::artefacts;
use crate::cli::{Format, PinArgs};
use crate::error::{Error, Exit, Result};
use crate::generate::read;
use crate::lock::{self, Lock};
use crate::output::{Verbosity, human, json};
use crate::pins::{self, Age, Date, Kind, Outcome, PinRecord, Source, Target};
use crate::registry::{Options, Registries};
use crate::write::{self, RealDisk, Step};

/// A generated file: its path, and its text on disk.
type File = (String, String);

/// What was found for each target, and the files with it.
pub struct Pinned {
    /// The images.
    pub targets: Vec<Target>,
    /// What becomes of each.
    pub outcomes: Vec<Outcome>,
    /// Exact versions of packages, by release and name.
    pub packages: BTreeMap<(String, String), String>,
    /// Path, text on disk, new text.
    pub files: Vec<(String, String, String)>,
}

/// Resolves and writes; with `--check`, only judges.
///
/// # Errors
/// Exit 7 when a registry could not be asked, and nothing was changed; exit 1 when an image could not be pinned, or `--check`
/// found something.
pub fn run(args: &PinArgs, verbosity: Verbosity) -> Result<()> {
    let _guard;
    if !args.check && !args.dry_run && args.path.is_dir() {
        _guard = write::guard(&args.path)?;
        if let Some(recovered) = write::recover(&RealDisk, &args.path)? {
            human::recovered(recovered);
        }
    }
    let Some(lock) = read(&args.path, lock::FILE)?.as_deref().map(Lock::parse).transpose()? else {
        let exit = if args.check { Exit::Findings } else { Exit::Unsupported };
        return Err(Error::new(exit, "there is no `dockwright.lock`: dockwright has written nothing here")
            .hint("run `dockwright init`, and commit what it writes"));
    };
    let files = files(&args.path, &lock)?;
    let own = own_images(&lock);
    let targets = chosen(pins::targets(files.iter().map(|(path, text)| (path.as_str(), text.as_str())), &own), &args.only)?;
    if args.check {
        return check(&targets, &lock.pins, args, verbosity);
    }
    let registries = Registries::new(options(&args.path)?);
    let outcomes = resolve(&registries, &targets, &lock, args, verbosity)?;
    let mut new: Vec<String> = files.iter().map(|(_, text)| pins::apply(text, &targets, &outcomes)).collect();
    let packages = if args.exact { exact_packages(&registries, &files, &mut new, &args.platform)? } else { BTreeMap::new() };
    let files = files.into_iter().zip(new).map(|((path, text), new)| (path, text, new)).collect();
    let pinned = Pinned { targets, outcomes, packages, files };
    if !args.dry_run {
        write::apply(&RealDisk, &args.path, &steps(&pinned, lock)?)?;
    }
    match args.format {
        Format::Json => json::print(&json::pinned(&pinned)),
        Format::Human if args.dry_run => pinned.files.iter().for_each(|(path, old, new)| human::data(&human::unified(path, old, new))),
        Format::Human if verbosity == Verbosity::Quiet => {}
        Format::Human => human::pinned(&pinned),
    }
    unresolved(&pinned, args.offline)
}

/// The files that dockwright wrote and that are still there, as they stand now.
fn files(root: &Utf8Path, lock: &Lock) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for file in &lock.files {
        files.extend(read(root, &file.path)?.map(|text| (file.path.clone(), text)));
    }
    Ok(files)
}

/// The names of images that the project itself builds: outside of Dockerfiles, dockwright writes no other without a digest.
fn own_images(lock: &Lock) -> Vec<String> {
    let others = lock.files.iter().filter(|file| artefacts::of(&file.path) != Some("dockerfile"));
    let unpinned = others.flat_map(|file| pins::find(&file.text)).filter(|pin| pin.kind == Kind::Image && pin.digest.is_none());
    unpinned.map(|pin| pin.name.to_owned()).collect()
}

fn chosen(targets: Vec<Target>, only: &[String]) -> Result<Vec<Target>> {
    let names: Vec<String> = targets.iter().map(Target::reference).collect();
    if let Some(unknown) = only.iter().find(|only| !targets.iter().any(|target| target.is_named(only))) {
        return Err(Error::new(Exit::Usage, format!("no generated file names the image `{unknown}`"))
            .hint(format!("the images are: {}", names.join(", "))));
    }
    Ok(targets.into_iter().filter(|target| only.is_empty() || only.iter().any(|only| target.is_named(only))).collect())
}

fn resolve(registries: &Registries, targets: &[Target], lock: &Lock, args: &PinArgs, verbosity: Verbosity) -> Result<Vec<Outcome>> {
    let source = if args.offline { Source::Catalog } else { Source::Registries(registries, &args.platform) };
    let asked: Vec<&str> = lock.services.iter().filter_map(|service| service.facts.get("version").map(String::as_str)).collect();
    let total = targets.len();
    let progress = |done: usize| {
        if verbosity > Verbosity::Quiet && !args.offline {
            human::progress("pinning", done, total);
        }
    };
    pins::resolve(targets, &source, &lock.pins, &asked, &Date::today().to_string(), &progress)
        .map_err(|failed| outside(&failed.join("; ")).hint("`--offline` takes what the built-in catalog knows"))
}

fn outside(what: &str) -> Error {
    Error::new(Exit::Outside, format!("{what}; nothing was changed"))
        .hint("try again later; a proxy comes from `HTTPS_PROXY`, a private authority from `SSL_CERT_FILE`, a mirror from `[mirrors]` in `dockwright.toml`")
}

/// The newest version of each package's line in today's snapshot of Debian, put into the new texts. Where builds of one version
/// differ by platform (`+b1`), what they share is written.
fn exact_packages(
    registries: &Registries,
    files: &[File],
    new: &mut [String],
    platforms: &[String],
) -> Result<BTreeMap<(String, String), String>> {
    let day = format!("{}T000000Z", Date::today().to_string().replace('-', ""));
    let dockerfile = |path: &str| artefacts::of(path) == Some("dockerfile");
    let mut indexes: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    let mut exact = BTreeMap::new();
    for package in files.iter().filter(|(path, _)| dockerfile(path)).flat_map(|(_, text)| pins::packages_of(text)) {
        if !indexes.contains_key(&package.distro) {
            let asked = platforms.iter().map(|platform| registries.packages(&package.distro, platform, &day));
            let found = asked.collect::<Result<Vec<_>, _>>().map_err(|failure| outside(&failure.to_string()))?;
            indexes.insert(package.distro.clone(), found);
        }
        let line = pins::package_line(&package);
        let versions: Option<Vec<&str>> = indexes[&package.distro].iter().map(|index| index.get(&package.name).map(String::as_str)).collect();
        let version = versions.and_then(|versions| common_version(&versions)).filter(|version| version.starts_with(line.trim_end_matches('*')));
        let version = version.ok_or_else(|| {
            Error::new(Exit::Unsupported, format!("no version of `{}` in Debian's {} fits `{line}` on every platform", package.name, package.distro))
                .hint("nothing was changed; leave `--exact` away, or pass fewer platforms by `--platform`")
        })?;
        exact.insert((package.distro, package.name), version);
    }
    for (_, text) in files.iter().zip(new).filter(|((path, _), _)| dockerfile(path)) {
        *text = pins::exact(text, &exact, &day);
    }
    Ok(exact)
}

/// The version that all have; without the number of the build where that differs.
fn common_version(versions: &[&str]) -> Option<String> {
    let first = versions.first()?;
    if versions.iter().all(|version| version == first) {
        return Some((*first).to_owned());
    }
    let source = |version: &str| version.rsplit_once("+b").filter(|(_, build)| build.bytes().all(|b| b.is_ascii_digit())).map_or(version.to_owned(), |(source, _)| source.to_owned());
    let shared = source(first);
    versions.iter().all(|version| source(version) == shared).then(|| format!("{shared}*"))
}

/// The changed files, and the lock with what was seen.
fn steps(pinned: &Pinned, lock: Lock) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for (path, old, new) in &pinned.files {
        if old != new {
            steps.push(Step { path: path.clone(), text: Some(new.clone()) });
        }
    }
    let seen = pinned.outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Moved(record) | Outcome::Current(record) => Some(record.clone()),
        Outcome::Left { .. } => None,
    });
    // The newest sighting first: it is the one that stays.
    let known: Vec<PinRecord> = seen.chain(lock.pins.iter().cloned()).collect();
    let pins = pins::records(pinned.files.iter().map(|(_, _, new)| new.as_str()), &known);
    steps.push(Step { path: lock::FILE.to_owned(), text: Some(Lock { pins, ..lock }.text()?) });
    Ok(steps)
}

/// Exit 1 for what could not be pinned. Offline, a pin that the catalog does not know is none the worse for it.
fn unresolved(pinned: &Pinned, offline: bool) -> Result<()> {
    let left = pinned.targets.iter().zip(&pinned.outcomes).filter_map(|(target, outcome)| match outcome {
        Outcome::Left { why, hint } if !offline || target.digest.is_none() => Some((why, hint)),
        _ => None,
    });
    let left: Vec<_> = left.collect();
    if left.is_empty() {
        return Ok(());
    }
    let count = pinned.targets.len();
    let error = Error::new(Exit::Findings, format!("{} of {count} images could not be pinned, and stay as they are", left.len()));
    Err(left.iter().fold(error, |error, (why, hint)| match hint {
        Some(hint) => error.hint(format!("{why}: {hint}")),
        None => error.hint((*why).clone()),
    }))
}

/// For CI: every image has a digest, and none was seen too long ago.
fn check(targets: &[Target], records: &[PinRecord], args: &PinArgs, verbosity: Verbosity) -> Result<()> {
    let (today, limit) = (Date::today(), args.max_age);
    let found: Vec<(&Target, String)> = targets.iter().filter_map(|target| Some((target, wrong(target, records, today, limit)?))).collect();
    match args.format {
        Format::Json => json::print(&json::stale_pins(targets.len(), &found)),
        Format::Human if verbosity == Verbosity::Quiet => {}
        Format::Human => human::stale_pins(&found),
    }
    match found.len() {
        0 => Ok(()),
        count => Err(Error::new(Exit::Findings, format!("{count} of {} images want pinning", targets.len()))
            .hint("run `dockwright pin`, and commit what it writes")),
    }
}

/// What is wrong with a pin. One that a bot or a person moved has no record here: nobody can say how old it is, so nothing is.
fn wrong(target: &Target, records: &[PinRecord], today: Date, limit: Option<Age>) -> Option<String> {
    let Some(digest) = &target.digest else { return Some("has no digest".to_owned()) };
    let record = records.iter().find(|record| record.reference == target.reference() && record.digest == *digest)?;
    let age = today.since(Date::parse(&record.seen)?);
    let limit = limit.filter(|limit| age > limit.days)?;
    Some(format!("was last seen on {}, {age} days ago; at most {} are allowed", record.seen, limit.days))
}

/// The environment's settings, over the mirrors of `dockwright.toml`.
fn options(root: &Utf8Path) -> Result<Options> {
    let text = read(root, answers_file::FILE)?.unwrap_or_default();
    let mut mirrors = AnswersFile::parse(answers_file::FILE, &text)?.mirrors();
    let mut options = Options::from_environment()?;
    mirrors.append(&mut options.mirrors);
    Ok(Options { mirrors, ..options })
}
