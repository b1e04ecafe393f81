//! What `dockwright.lock` says of pins: which digest, when and from where it was seen.

use serde::{Deserialize, Serialize};

use super::find::find;
use crate::catalog::{Catalog, short};

/// A pin with its sighting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PinRecord {
    /// `name:tag`, as the files write it.
    pub reference: String,
    /// Digest.
    pub digest: String,
    /// The day it was seen, `YYYY-MM-DD`; of the catalog's, sometimes the month alone.
    pub seen: String,
    /// The registry that was asked, or `catalog`.
    pub from: String,
}

/// The record of each pin that stands in the texts: the old one where it still holds, else the catalog's. What a bot or a
/// person has moved has none: nobody here has seen it.
pub fn records<'t>(texts: impl IntoIterator<Item = &'t str>, old: &[PinRecord]) -> Vec<PinRecord> {
    let mut records: Vec<PinRecord> = Vec::new();
    for text in texts {
        for pin in find(text) {
            let Some(digest) = pin.digest else { continue };
            let reference = if pin.tag.is_empty() { pin.name.to_owned() } else { format!("{}:{}", pin.name, pin.tag) };
            let kept = old.iter().find(|record| record.reference == reference && record.digest == digest).cloned();
            records.extend(kept.or_else(|| of_catalog(&reference, digest)));
        }
    }
    records.sort();
    records.dedup();
    records
}

/// The catalog's record of a pin.
fn of_catalog(reference: &str, digest: &str) -> Option<PinRecord> {
    let images = Catalog::embedded().ok()?.images();
    let image = images.iter().find(|image| image.digest == digest && format!("{}:{}", short(&image.repository), image.tag) == reference)?;
    Some(PinRecord {
        reference: reference.to_owned(),
        digest: digest.to_owned(),
        seen: image.observed.clone(),
        from: "catalog".to_owned(),
    })
}
