//! Pins that a bot or a person moved are carried through a merge.

use super::find::{Pin, find, replace};

/// Prepares a merge so that pins which moved on disk are no conflict: the base gets them, and so does the fresh text unless it
/// names a newer version itself.
pub fn carry(base: &str, disk: &str, fresh: &str) -> (String, String) {
    let (old, new) = (find(base), find(disk));
    let known = |pins: &[Pin<'_>], pin: &Pin<'_>| pins.iter().any(|known| known.text == pin.text);
    // What a pin of the base has become on disk.
    let moved = |was: &Pin<'_>| {
        (!known(&new, was)).then(|| new.iter().find(|is| !known(&old, is) && is.same_thing(was))).flatten()
    };
    let merged_base = replace(base, |was| Some(moved(was)?.text.to_owned()));
    let merged_fresh = replace(fresh, |wanted| {
        let (was, is) = old.iter().filter(|was| was.same_thing(wanted)).find_map(|was| Some((was, moved(was)?)))?;
        (wanted.text == was.text || is.version() >= wanted.version()).then(|| is.text.to_owned())
    });
    (merged_base, merged_fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(tag: &str, digit: char) -> String {
        format!("FROM node:{tag}@sha256:{}\n", digit.to_string().repeat(64))
    }

    #[test]
    fn a_moved_pin_is_carried() {
        let (base, disk) = (pin("24.1.0-slim", 'a'), pin("24.2.0-slim", 'b'));
        assert_eq!(carry(&base, &disk, &base), (disk.clone(), disk.clone()));
        // The generator knows a newer one: it wins, without a conflict.
        let newer = pin("24.3.0-slim", 'c');
        assert_eq!(carry(&base, &disk, &newer), (disk.clone(), newer));
        // Only the digest moved.
        let rebuilt = pin("24.1.0-slim", 'd');
        assert_eq!(carry(&base, &rebuilt, &base), (rebuilt.clone(), rebuilt));
    }

    #[test]
    fn a_digest_that_was_added_is_carried() {
        let (base, disk) = ("FROM node:22.19.0-trixie-slim AS base\n", "FROM node:22.19.0-trixie-slim@sha256:");
        let disk = format!("{disk}{} AS base\n", "a".repeat(64));
        assert_eq!(carry(base, &disk, base), (disk.clone(), disk));
    }

    #[test]
    fn another_flavour_is_an_edit() {
        let (base, disk) = (pin("24.1.0-slim", 'a'), pin("24.1.0-alpine", 'b'));
        assert_eq!(carry(&base, &disk, &base), (base.clone(), base));
    }
}
