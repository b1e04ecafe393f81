//! Newer pins for the files of a project: from the registries, or from the catalog alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::find::{Kind, find, replace};
use super::line::{Tag, fixed, newer};
use super::record::PinRecord;
use crate::catalog::{Catalog, Image, short};
use crate::registry::reference::Repository;
use crate::registry::{Failure, Registries};

/// Registries that are asked at the same time.
const AT_ONCE: usize = 4;
/// Newer tags that are tried before the present one is kept: the newest may still be building for one platform.
const TRIED: usize = 3;

/// An image that the files name, once, however often they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name as it is written.
    pub name: String,
    /// Tag.
    pub tag: String,
    /// Digest, if it has one.
    pub digest: Option<String>,
    /// Files and lines, from 1.
    pub places: Vec<(String, usize)>,
}

/// What becomes of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It gets this tag and digest.
    Moved(PinRecord),
    /// It is as it should be; the sighting is new.
    Current(PinRecord),
    /// It stays as it is.
    Left {
        /// Why.
        why: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// Where pins come from.
#[derive(Debug)]
pub enum Source<'s> {
    /// The catalog, without the network.
    Catalog,
    /// The registries, with the platforms that an image must have.
    Registries(&'s Registries, &'s [String]),
}

/// The images of the files, in the order they stand. `own` are the names of images that the project itself builds.
pub fn targets<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>, own: &[String]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for (path, text) in files {
        for pin in find(text).into_iter().filter(|pin| pin.kind == Kind::Image && !own.iter().any(|own| own == pin.name)) {
            let line = text[..pin.range.start].matches('\n').count() + 1;
            let digest = pin.digest.map(str::to_owned);
            match targets.iter_mut().find(|known| known.name == pin.name && known.tag == pin.tag && known.digest == digest) {
                Some(known) => known.places.push((path.to_owned(), line)),
                None => targets.push(Target { name: pin.name.to_owned(), tag: pin.tag.to_owned(), digest, places: vec![(path.to_owned(), line)] }),
            }
        }
    }
    targets
}

impl Target {
    /// `name:tag`.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }

    /// Whether `--only` means it: the whole name, its last part, or either with the tag.
    pub fn is_named(&self, only: &str) -> bool {
        let last = self.name.rsplit('/').next().unwrap_or(&self.name);
        let name = only.split('@').next().unwrap_or(only);
        [&self.name, last].into_iter().any(|own| name == own || name == format!("{own}:{}", self.tag))
    }
}

/// What becomes of each target, in the same order. `asked` are the versions of the project's services, `old` the records of
/// the lock, `progress` is told how many are done.
///
/// # Errors
/// What failed outside and may pass: then nothing may be written.
pub fn resolve(
    targets: &[Target],
    source: &Source<'_>,
    old: &[PinRecord],
    asked: &[&str],
    today: &str,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Outcome>, Vec<String>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<BTreeMap<usize, Result<Outcome, String>>> = Mutex::default();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = targets.get(number) else { return };
            let result = match source {
                Source::Catalog => Ok(from_catalog(target, asked, old)),
                Source::Registries(registries, wanted) => from_registry(target, registries, wanted, old, asked, today),
            };
            results.lock().unwrap_or_else(PoisonError::into_inner).insert(number, result);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..targets.len().min(AT_ONCE) {
            scope.spawn(work);
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed: Vec<String> = results.values().filter_map(|result| result.as_ref().err().cloned()).collect();
    if failed.is_empty() { Ok(results.into_values().flatten().collect()) } else { Err(failed) }
}

/// A file's text with the targets that moved.
pub fn apply(text: &str, targets: &[Target], outcomes: &[Outcome]) -> String {
    replace(text, |pin| {
        let same = |target: &Target| target.name == pin.name && target.tag == pin.tag && target.digest.as_deref() == pin.digest;
        match targets.iter().zip(outcomes).find(|(target, _)| pin.kind == Kind::Image && same(target))? {
            (_, Outcome::Moved(record)) => Some(format!("{}@{}", record.reference, record.digest)),
            _ => None,
        }
    })
}

fn from_registry(
    target: &Target,
    registries: &Registries,
    wanted: &[String],
    old: &[PinRecord],
    asked: &[&str],
    today: &str,
) -> Result<Outcome, String> {
    if target.tag.is_empty() {
        return Ok(Outcome::Left { why: format!("`{}` has a digest and no tag", target.name), hint: Some("write a tag before the digest".to_owned()) });
    }
    let repository = Repository::parse(&target.name);
    let tag = Tag::parse(&target.tag);
    let fixed = fixed(&target.name, &tag, asked);
    // Where every number is fixed there is nothing to look for.
    let tags = if tag.movable(fixed) { registries.tags(&repository) } else { Ok(Vec::new()) };
    let tags = match tags {
        Err(Failure::Outside(what)) => return Err(what),
        tags => tags.unwrap_or_default(),
    };
    let newest = newer(&tag, fixed, tags.iter().map(String::as_str)).into_iter().take(TRIED);
    let mut left = None;
    for tag in newest.chain([target.tag.as_str()]) {
        // A digest that was recorded was looked into then.
        let known = old.iter().any(|record| record.reference == target.reference() && Some(&record.digest) == target.digest.as_ref());
        let known = target.digest.as_deref().filter(|_| known && tag == target.tag);
        match registries.resolve(&repository, tag, wanted, known) {
            Ok(found) => {
                let reference = format!("{}:{tag}", target.name);
                let record = PinRecord { reference, digest: found.digest, seen: today.to_owned(), from: found.from };
                let same = tag == target.tag && target.digest.as_ref() == Some(&record.digest);
                return Ok(if same { Outcome::Current(record) } else { Outcome::Moved(record) });
            }
            Err(Failure::Outside(what)) => return Err(what),
            Err(Failure::NotFound(why) | Failure::Unfit(why)) => left = Some(Outcome::Left { why, hint: None }),
            Err(Failure::Denied { what, hint }) => left = Some(Outcome::Left { why: what, hint: Some(hint) }),
        }
    }
    Ok(left.unwrap_or(Outcome::Left { why: format!("`{}` was not found", target.reference()), hint: None }))
}

/// The catalog's newest of the line. What it knows no better stays: a digest that it does not have may be a newer one.
fn from_catalog(target: &Target, asked: &[&str], old: &[PinRecord]) -> Outcome {
    let tag = Tag::parse(&target.tag);
    let fixed = fixed(&target.name, &tag, asked);
    let images: &[Image] = Catalog::embedded().map_or(&[], |catalog| catalog.images());
    let usable = |image: &&Image| short(&image.repository) == target.name && !image.digest.is_empty() && image.evidence != "public-pin-single";
    let listed = |wanted: &str| images.iter().filter(usable).find(|image| image.tag == wanted);
    let newest = newer(&tag, fixed, images.iter().filter(usable).map(|image| image.tag.as_str())).first().and_then(|tag| listed(tag));
    let record = |image: &Image| PinRecord {
        reference: format!("{}:{}", target.name, image.tag),
        digest: image.digest.clone(),
        seen: image.observed.clone(),
        from: "catalog".to_owned(),
    };
    match (newest, &target.digest, listed(&target.tag)) {
        (Some(image), ..) | (None, None, Some(image)) => Outcome::Moved(record(image)),
        (None, Some(digest), listed) => {
            let known = old.iter().find(|record| record.reference == target.reference() && record.digest == *digest).cloned();
            let known = known.or_else(|| listed.filter(|image| image.digest == *digest).map(record));
            known.map_or_else(|| left(target, "has another digest than the catalog, which may be newer"), Outcome::Current)
        }
        (None, None, None) => left(target, "is not in the catalog"),
    }
}

fn left(target: &Target, why: &str) -> Outcome {
    Outcome::Left { why: format!("`{}` {why}", target.reference()), hint: Some("without `--offline`, its registry is asked".to_owned()) }
}
