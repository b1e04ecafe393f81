//! What becomes of a file: what was written last (base), what stands there (disk) and what is rendered now (fresh). Pure.

use similar::{MergeRegion, MergeResolution, TextMerge};

use crate::pins;

/// What to do where the user and the new text changed the same lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OnConflict {
    /// Leave the file alone and write the new text beside it.
    #[default]
    NewFile,
    /// Write both sides between conflict markers.
    Markers,
    /// Keep the user's lines.
    Ours,
    /// Take the new lines.
    Theirs,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there.
    Created(String),
    /// Nobody had edited it, or it may be replaced.
    Updated(String),
    /// The user's edits and the new text, both.
    Merged(String),
    /// It already is as it should be.
    Unchanged,
    /// The user deleted it, or edited what is no longer generated: it stays so.
    Kept(&'static str),
    /// It is no longer generated, and nobody had edited it.
    Removed,
    /// Both changed the same lines.
    Conflict {
        /// What would have been written, for a file beside it.
        fresh: String,
        /// The file with conflict markers, when they were asked for.
        marked: Option<String>,
    },
    /// It stands there and was never ours.
    Foreign(String),
}

impl Outcome {
    /// The contract's word for it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Updated(_) | Self::Foreign(_) => "updated",
            Self::Merged(_) => "merged",
            Self::Unchanged => "unchanged",
            Self::Kept(_) => "kept",
            Self::Removed => "removed",
            Self::Conflict { .. } => "conflict",
        }
    }
}

/// Decides. `base` is what was last written, `None` for what was never ours.
pub fn reconcile(base: Option<&str>, disk: Option<&str>, fresh: Option<&str>, on_conflict: OnConflict) -> Outcome {
    match (base, disk, fresh) {
        (None, None, Some(fresh)) => Outcome::Created(fresh.to_owned()),
        (None, Some(disk), Some(fresh)) if disk == fresh => Outcome::Unchanged,
        (None, Some(_), Some(fresh)) => Outcome::Foreign(fresh.to_owned()),
        (None, _, None) | (Some(_), None, None) => Outcome::Unchanged,
        (Some(_), None, Some(_)) => Outcome::Kept("you deleted it"),
        (Some(base), Some(disk), None) if disk == base => Outcome::Removed,
        (Some(_), Some(_), None) => Outcome::Kept("it is no longer generated, and you edited it"),
        (Some(base), Some(disk), Some(fresh)) => merge(base, disk, fresh, on_conflict),
    }
}

/// Whose lines are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The user's.
    Ours,
    /// The new ones.
    Theirs,
}

/// Lines that both sides changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Line in the user's file, from 1.
    pub line: usize,
    /// The user's lines.
    pub ours: String,
    /// The new lines.
    pub theirs: String,
}

impl Hunk {
    /// From the user's lines to the new ones.
    pub fn diff(&self) -> String {
        similar::TextDiff::from_lines(&self.ours, &self.theirs).unified_diff().header("yours", "dockwright").to_string()
    }
}

/// The conflicts of a merge, in order.
pub fn hunks(base: &str, disk: &str, fresh: &str) -> Vec<Hunk> {
    let (base, fresh) = pins::carry(base, disk, fresh);
    let kept = kept_lines(disk);
    let merge = TextMerge::from_lines(&base, disk, &fresh);
    let conflicts = merge.regions().iter().filter(|region| region.resolution() == MergeResolution::Conflict && !in_kept(region, &kept));
    let hunk = |region: &MergeRegion| Hunk {
        line: region.ours_range().start + 1,
        ours: lines(disk, region.ours_range()),
        theirs: lines(&fresh, region.theirs_range()),
    };
    conflicts.map(hunk).collect()
}

/// The merged text, with a side chosen for each conflict.
pub fn settled(base: &str, disk: &str, fresh: &str, sides: &[Side]) -> String {
    let (base, fresh) = pins::carry(base, disk, fresh);
    let kept = kept_lines(disk);
    let mut sides = sides.iter();
    let merge = TextMerge::from_lines(&base, disk, &fresh);
    let region = |region: &MergeRegion| {
        let theirs = match region.resolution() {
            _ if in_kept(region, &kept) => false,
            MergeResolution::Conflict => sides.next() == Some(&Side::Theirs),
            resolution => resolution == MergeResolution::Theirs,
        };
        if theirs { lines(&fresh, region.theirs_range()) } else { lines(disk, region.ours_range()) }
    };
    merge.regions().iter().map(region).collect()
}

fn merge(base: &str, disk: &str, fresh: &str, on_conflict: OnConflict) -> Outcome {
    if disk == fresh {
        return Outcome::Unchanged;
    }
    if disk == base {
        return Outcome::Updated(fresh.to_owned());
    }
    // An editor that wrote CRLF changed no line.
    let crlf = disk.contains("\r\n") && !base.contains("\r\n");
    let plain = if crlf { disk.replace("\r\n", "\n") } else { disk.to_owned() };
    let (base, fresh) = pins::carry(base, &plain, fresh);
    let merged = three_way(&base, &plain, &fresh, on_conflict);
    let ending = |text: String| if crlf { text.replace('\n', "\r\n") } else { text };
    match merged {
        Ok(text) if text == plain => Outcome::Unchanged,
        Ok(text) => Outcome::Merged(ending(text)),
        Err(marked) => Outcome::Conflict { fresh, marked: (on_conflict == OnConflict::Markers).then(|| ending(marked)) },
    }
}

/// The merged text, or the text with conflict markers.
fn three_way(base: &str, disk: &str, fresh: &str, on_conflict: OnConflict) -> Result<String, String> {
    let merge = TextMerge::from_lines(base, disk, fresh);
    let kept = kept_lines(disk);
    let mut text = String::new();
    let mut conflicts = false;
    for region in merge.regions() {
        let (ours, theirs) = (lines(disk, region.ours_range()), lines(fresh, region.theirs_range()));
        match (region.resolution(), on_conflict) {
            _ if in_kept(region, &kept) => text += &ours,
            (MergeResolution::Theirs, _) | (MergeResolution::Conflict, OnConflict::Theirs) => text += &theirs,
            (MergeResolution::Conflict, OnConflict::NewFile | OnConflict::Markers) => {
                conflicts = true;
                text += &format!(
                    "<<<<<<< yours\n{}||||||| last written\n{}=======\n{}>>>>>>> dockwright\n",
                    ended(ours),
                    ended(lines(base, region.base_range())),
                    ended(theirs)
                );
            }
            _ => text += &ours,
        }
    }
    if conflicts { Err(text) } else { Ok(text) }
}

fn lines(text: &str, range: std::ops::Range<usize>) -> String {
    text.split_inclusive('\n').skip(range.start).take(range.len()).collect()
}

fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The line numbers between `dockwright:keep-start` and `dockwright:keep-end`, both included.
fn kept_lines(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut kept = Vec::new();
    let mut start = None;
    for (number, line) in text.lines().enumerate() {
        if line.contains("dockwright:keep-start") {
            start.get_or_insert(number);
        } else if line.contains("dockwright:keep-end")
            && let Some(start) = start.take()
        {
            kept.push(start..number + 1);
        }
    }
    kept
}

fn in_kept(region: &MergeRegion, kept: &[std::ops::Range<usize>]) -> bool {
    let ours = region.ours_range();
    kept.iter().any(|kept| kept.start < ours.end && ours.start < kept.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

    fn outcome(disk: &str, fresh: &str) -> Outcome {
        reconcile(Some(BASE), Some(disk), Some(fresh), OnConflict::NewFile)
    }

    #[test]
    fn what_was_never_ours_is_not_touched() {
        assert_eq!(reconcile(None, Some("mine"), Some(BASE), OnConflict::Theirs), Outcome::Foreign(BASE.to_owned()));
        assert_eq!(reconcile(None, Some(BASE), Some(BASE), OnConflict::NewFile), Outcome::Unchanged);
    }

    #[test]
    fn what_the_user_deleted_stays_deleted() {
        assert!(matches!(reconcile(Some(BASE), None, Some("new"), OnConflict::NewFile), Outcome::Kept(_)));
    }

    #[test]
    fn what_is_no_longer_generated_goes_unless_it_was_edited() {
        assert_eq!(reconcile(Some(BASE), Some(BASE), None, OnConflict::NewFile), Outcome::Removed);
        assert!(matches!(reconcile(Some(BASE), Some("edited"), None, OnConflict::NewFile), Outcome::Kept(_)));
    }

    #[test]
    fn edits_apart_are_both_there() {
        let merged = outcome("ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n");
        assert_eq!(merged, Outcome::Merged("ONE\ntwo\nthree\nfour\nFIVE\n".to_owned()));
    }

    #[test]
    fn the_same_lines_are_a_conflict_and_each_policy_ends_it() {
        let (disk, fresh) = ("one\ntwo\nmine\nfour\nfive\n", "one\ntwo\nyours\nfour\nfive\n");
        assert!(matches!(outcome(disk, fresh), Outcome::Conflict { marked: None, .. }));
        let decide = |policy| reconcile(Some(BASE), Some(disk), Some(fresh), policy);
        assert_eq!(decide(OnConflict::Ours), Outcome::Unchanged);
        assert_eq!(decide(OnConflict::Theirs), Outcome::Merged(fresh.to_owned()));
        let Outcome::Conflict { marked: Some(marked), .. } = decide(OnConflict::Markers) else { panic!("no markers") };
        assert!(marked.contains("<<<<<<< yours\nmine\n||||||| last written\nthree\n=======\nyours\n>>>>>>> dockwright\n"));
    }

    #[test]
    fn each_conflict_is_settled_by_itself() {
        let (disk, fresh) = ("ONE\ntwo\nthree\nfour\nFIVE\n", "uno\ntwo\nTHREE\nfour\ncinque\n");
        let found = hunks(BASE, disk, fresh);
        assert_eq!(found.iter().map(|hunk| (hunk.line, hunk.theirs.as_str())).collect::<Vec<_>>(), [(1, "uno\n"), (5, "cinque\n")]);
        assert!(found[0].diff().contains("-ONE\n+uno\n"));
        assert_eq!(settled(BASE, disk, fresh, &[Side::Ours, Side::Theirs]), "ONE\ntwo\nTHREE\nfour\ncinque\n");
    }

    #[test]
    fn a_kept_region_stays_as_it_is() {
        let disk = "one\n# dockwright:keep-start\ntwo\nthree\n# dockwright:keep-end\nfour\nfive\n";
        let merged = outcome(disk, "one\ntwo\nTHREE\nfour\nFIVE\n");
        assert_eq!(merged, Outcome::Merged(disk.replace("five", "FIVE")));
    }

    #[test]
    fn line_endings_of_another_editor_are_no_edit() {
        let disk = BASE.replace('\n', "\r\n");
        assert_eq!(outcome(&disk, BASE), Outcome::Unchanged);
        assert_eq!(outcome(&disk, &BASE.replace("five", "FIVE")), Outcome::Merged(disk.replace("five", "FIVE")));
    }
}
