//! Debian's package index as it was on one day: <https://snapshot.debian.org>.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;

use super::Failure;
use super::http::{Http, Method};

/// Where snapshots lie.
pub const HOST: &str = "snapshot.debian.org";

/// The newest version of each package of a release and an architecture, on a day (`20261124T000000Z`).
///
/// # Errors
/// [`Failure::Outside`] when the archive could not be asked.
pub fn versions(http: &Http, base: &str, release: &str, architecture: &str, day: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    for (archive, suite) in [("debian", release.to_owned()), ("debian", format!("{release}-updates")), ("debian-security", format!("{release}-security"))] {
        let url = format!("{base}/archive/{archive}/{day}/dists/{suite}/main/binary-{architecture}/Packages.gz");
        let answer = http.send(Method::Get, &url, &[])?;
        if !answer.status.is_success() {
            return Err(Failure::Outside(format!("{url} answers {}", answer.status)));
        }
        let mut text = String::new();
        GzDecoder::new(answer.body.as_slice())
            .take(512 << 20)
            .read_to_string(&mut text)
            .map_err(|error| Failure::Outside(format!("{url} cannot be read: {error}")))?;
        for (name, version) in packages(&text) {
            let known = newest.entry(name.to_owned()).or_insert_with(|| version.to_owned());
            if compare(version, known) == Ordering::Greater {
                version.clone_into(known);
            }
        }
    }
    Ok(newest)
}

/// Debian's name of a platform's architecture.
pub fn architecture(platform: &str) -> &str {
    match platform.strip_prefix("linux/").unwrap_or(platform) {
        "386" => "i386",
        "arm/v7" | "arm" => "armhf",
        "ppc64le" => "ppc64el",
        other => other,
    }
}

/// Names and versions of an index.
fn packages(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n\n").filter_map(|stanza| {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        Some((field("Package:")?, field("Version:")?))
    })
}

/// Orders versions as dpkg does: epoch, upstream version, revision.
pub fn compare(one: &str, other: &str) -> Ordering {
    fn split(version: &str) -> (u64, &str, &str) {
        let (epoch, rest) = version.split_once(':').map_or((0, version), |(epoch, rest)| (epoch.parse().unwrap_or(0), rest));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        (epoch, upstream, revision)
    }
    let ((epoch, upstream, revision), (other_epoch, other_upstream, other_revision)) = (split(one), split(other));
    epoch.cmp(&other_epoch).then_with(|| parts(upstream, other_upstream)).then_with(|| parts(revision, other_revision))
}

/// Runs of letters and runs of digits in turn. `~` goes before the end, letters before all other signs.
fn parts(mut one: &str, mut other: &str) -> Ordering {
    fn weight(byte: Option<u8>) -> i32 {
        match byte {
            Some(b'~') => -1,
            None | Some(b'0'..=b'9') => 0,
            Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
            Some(byte) => i32::from(byte) + 256,
        }
    }
    fn digits<'t>(text: &mut &'t str) -> &'t str {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        *text = rest;
        number.trim_start_matches('0')
    }
    while !one.is_empty() || !other.is_empty() {
        let first = |text: &str| text.bytes().next();
        let is_sign = |text: &str| first(text).is_some_and(|byte| !byte.is_ascii_digit());
        while is_sign(one) || is_sign(other) {
            match weight(first(one)).cmp(&weight(first(other))) {
                Ordering::Equal => (one, other) = (one.get(1..).unwrap_or(""), other.get(1..).unwrap_or("")),
                unequal => return unequal,
            }
        }
        let (number, other_number) = (digits(&mut one), digits(&mut other));
        match number.len().cmp(&other_number.len()).then_with(|| number.cmp(other_number)) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_dpkg_does() {
        let ascending = ["0.9", "1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-1+deb13u1", "1.0-1+deb13u2", "1.0-1.1", "1.0-10", "1.0.1-1", "1.0a-1", "1.10-1", "1:0.1-1"];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                let expected = if *one == "1.0a-1" || *other == "1.0a-1" { continue } else { index.cmp(&other_index) };
                assert_eq!(compare(one, other), expected, "{one} {other}");
            }
        }
        assert_eq!(compare("1.0a-1", "1.0.1-1"), Ordering::Less, "a letter goes before a dot");
    }

    #[test]
    fn an_index_is_read() {
        let text = "Package: tini\nVersion: 0.19.0-3+b5\nDescription: init\n\nPackage: x\nSource: y (Version: 1)\nVersion: 2\n";
        assert_eq!(packages(text).collect::<Vec<_>>(), [("tini", "0.19.0-3+b5"), ("x", "2")]);
    }
}
