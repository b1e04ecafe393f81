//! System libraries: what a dependency has no ready-made build for must be compiled, and what it loads must be there.

use super::manifests::Manifests;
use super::requirement::Requirement;
use crate::catalog::package;
use crate::error::Result;
use crate::found::{Evidence, Found};

/// Compiler and headers, where something is compiled.
const COMPILER: &[&str] = &["gcc", "libc6-dev"];

struct Row {
    /// Names of the dependency.
    names: &'static [&'static str],
    /// Common name of the library.
    library: &'static str,
    /// Debian packages to compile with; empty where a ready-made build exists.
    build: &'static [&'static str],
    /// Debian packages that the running program loads.
    run: &'static [&'static str],
}

const fn row(names: &'static [&'static str], library: &'static str, build: &'static [&'static str], run: &'static [&'static str]) -> Row {
    Row { names, library, build, run }
}

const LIBRARIES: &[Row] = &[
    row(&["psycopg2", "psycopg-c"], "libpq", &["libpq-dev"], &["libpq5"]),
    row(&["mysqlclient"], "libmariadb", &["default-libmysqlclient-dev", "pkg-config"], &["libmariadb3"]),
    row(&["pyodbc"], "unixodbc", &[], &["libodbc2"]),
    row(&["python-ldap", "django-auth-ldap"], "openldap", &["libldap-dev", "libsasl2-dev"], &["libldap2", "libsasl2-2"]),
    row(&["pycairo", "rlpycairo"], "cairo", &["libcairo2-dev", "pkg-config"], &["libcairo2"]),
    row(&["cairosvg", "cairocffi"], "cairo", &[], &["libcairo2"]),
    row(&["weasyprint"], "pango", &[], &["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"]),
    row(&["opencv-python", "opencv-contrib-python"], "libgl", &[], &["libgl1", "libglib2.0-0t64"]),
    row(&["python-magic"], "libmagic", &[], &["libmagic1t64"]),
    row(&["pydub", "ffmpeg-python", "openai-whisper"], "ffmpeg", &[], &["ffmpeg"]),
    row(&["pdf2image"], "poppler", &[], &["poppler-utils"]),
    row(&["pytesseract"], "tesseract", &[], &["tesseract-ocr"]),
    row(&["pyzbar"], "zbar", &[], &["libzbar0t64"]),
    row(&["pygraphviz"], "graphviz", &["libgraphviz-dev", "pkg-config"], &["graphviz"]),
    row(&["graphviz", "pydot"], "graphviz", &[], &["graphviz"]),
    row(&["pyaudio"], "portaudio", &["portaudio19-dev"], &["libportaudio2"]),
    row(&["pylibmc"], "libmemcached", &["libmemcached-dev", "zlib1g-dev"], &["libmemcached11t64"]),
    row(&["pycups"], "cups", &["libcups2-dev"], &["libcups2t64"]),
    row(&["uwsgi", "netifaces", "pycrypto", "cchardet"], "a C compiler", &[], &[]),
    row(&["gdal"], "gdal", &["libgdal-dev", "g++"], &["libgdal36"]),
    row(&["wand"], "imagemagick", &[], &["libmagickwand-7.q16-10"]),
    row(&["pyenchant"], "enchant", &[], &["libenchant-2-2"]),
    row(&["gssapi", "requests-kerberos", "pykerberos"], "kerberos", &["libkrb5-dev"], &["libgssapi-krb5-2"]),
];

/// Dependencies of the table that have no ready-made build, though they need no headers beside Python's.
const COMPILED: &[&str] = &["uwsgi", "netifaces", "pycrypto", "cchardet"];

/// System packages and why.
#[derive(Debug, Clone, Default)]
pub struct Native {
    /// Libraries by their common name.
    pub libraries: Vec<Found<String>>,
    /// Packages of the build stage, pinned.
    pub build: Vec<String>,
    /// Packages of the final image, pinned.
    pub run: Vec<String>,
}

/// Finds what the dependencies need.
///
/// # Errors
/// A package that the table of pins does not have is a bug.
pub fn detect(manifests: &Manifests, geodjango: Option<Evidence>) -> Result<Native> {
    let mut native = Native::default();
    let (mut build, mut run): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for requirement in &manifests.requirements {
        if requirement.is_git() {
            build.push("git");
        }
        if psycopg_alone(requirement) {
            run.push("libpq5");
            native.libraries.push(Found::likely("libpq".to_owned(), requirement.evidence.clone()));
        }
        let Some(row) = LIBRARIES.iter().find(|row| row.names.contains(&requirement.name.as_str())) else {
            if requirement.name == "psycopg" && requirement.has_extra(&["c"]) {
                build.extend(COMPILER.iter().chain(&["libpq-dev"]));
            }
            continue;
        };
        if !row.build.is_empty() || COMPILED.contains(&requirement.name.as_str()) {
            build.extend(COMPILER.iter().chain(row.build));
        }
        run.extend(row.run);
        native.libraries.push(Found::likely(row.library.to_owned(), requirement.evidence.clone()));
    }
    if let Some(evidence) = geodjango {
        run.extend(["libgdal36", "libgeos-c1t64", "libproj25"]);
        native.libraries.push(Found::likely("gdal".to_owned(), evidence));
    }
    native.build = pinned(build)?;
    native.run = pinned(run)?;
    Ok(native)
}

/// `psycopg` without `[binary]` loads the system's libpq, compiled or not.
fn psycopg_alone(requirement: &Requirement) -> bool {
    requirement.name == "psycopg" && !requirement.has_extra(&["binary"])
}

fn pinned(mut names: Vec<&str>) -> Result<Vec<String>> {
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| package("trixie", name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_has_pinned_packages() {
        for row in LIBRARIES {
            for name in COMPILER.iter().chain(row.build).chain(row.run).chain(&["git", "libgeos-c1t64", "libproj25"]) {
                assert!(package("trixie", name).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn psycopg_needs_libpq_only_where_it_brings_none() {
        let native = |text: &str| {
            let requirement = Requirement::parse(text, |_| Evidence::at("requirements.txt", 1, "")).unwrap();
            detect(&Manifests { requirements: vec![requirement], ..Manifests::default() }, None).unwrap()
        };
        assert_eq!(native("psycopg[binary]").run, [""; 0]);
        assert_eq!(native("psycopg2-binary==2.9").run, [""; 0]);
        assert!(native("psycopg").run[0].starts_with("libpq5=") && native("psycopg").build.is_empty());
        assert!(native("psycopg2==2.9").build.iter().any(|name| name.starts_with("libpq-dev=")));
        assert!(native("x @ git+https://example.com/x").build[0].starts_with("git="));
    }
}
