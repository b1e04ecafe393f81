//! C in the build: packages that need cgo, the libraries that they link, and programs that are started.

use std::sync::LazyLock;

use regex::Regex;

use super::program::Program;
use crate::catalog;
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::sources::Pattern;

/// What the program links, which decides on its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Links {
    /// Nothing: a static program.
    Nothing,
    /// The C library.
    C,
    /// The C++ library as well.
    Cpp,
    /// Libraries of the system.
    System,
}

/// C in the build and beside the program.
#[derive(Debug, Clone)]
pub struct Native {
    /// What is linked.
    pub links: Links,
    /// Why cgo is on.
    pub cgo: Option<Evidence>,
    /// OS packages of the build stage.
    pub build: Vec<String>,
    /// OS packages of the final stage.
    pub run: Vec<String>,
    /// Libraries and programs by their common names.
    pub found: Vec<Found<String>>,
}

struct Row {
    import: &'static str,
    name: &'static str,
    links: Links,
    build: &'static [&'static str],
    run: &'static [&'static str],
}

const fn bundled(import: &'static str, name: &'static str, links: Links) -> Row {
    Row { import, name, links, build: &[], run: &[] }
}

const fn system(import: &'static str, name: &'static str, build: &'static [&'static str], run: &'static [&'static str]) -> Row {
    Row { import, name, links: Links::System, build, run }
}

/// Packages that need cgo. Most bring their C along; the last ones link a library of the system.
const PACKAGES: &[Row] = &[
    bundled("github.com/mattn/go-sqlite3", "sqlite3", Links::C),
    bundled("gorm.io/driver/sqlite", "sqlite3", Links::C),
    bundled("github.com/jinzhu/gorm/dialects/sqlite", "sqlite3", Links::C),
    bundled("github.com/golang-migrate/migrate/v4/database/sqlite3", "sqlite3", Links::C),
    bundled("github.com/mutecomm/go-sqlcipher", "sqlcipher", Links::C),
    bundled("github.com/confluentinc/confluent-kafka-go", "librdkafka", Links::Cpp),
    bundled("github.com/marcboeker/go-duckdb", "duckdb", Links::Cpp),
    bundled("github.com/duckdb/duckdb-go", "duckdb", Links::Cpp),
    bundled("github.com/tursodatabase/go-libsql", "libsql", Links::Cpp),
    bundled("github.com/smacker/go-tree-sitter", "tree-sitter", Links::Cpp),
    bundled("github.com/tree-sitter/go-tree-sitter", "tree-sitter", Links::Cpp),
    bundled("github.com/valyala/gozstd", "zstd", Links::C),
    bundled("github.com/DataDog/zstd", "zstd", Links::C),
    bundled("github.com/chai2010/webp", "webp", Links::C),
    bundled("github.com/miekg/pkcs11", "pkcs11", Links::C),
    bundled("github.com/godror/godror", "oracle", Links::C),
    bundled("rogchap.com/v8go", "v8", Links::Cpp),
    bundled("github.com/bytecodealliance/wasmtime-go", "wasmtime", Links::Cpp),
    bundled("github.com/wasmerio/wasmer-go", "wasmer", Links::Cpp),
    system("github.com/h2non/bimg", "libvips", &["libvips-dev"], &["libvips42t64"]),
    system("github.com/davidbyttow/govips", "libvips", &["libvips-dev"], &["libvips42t64"]),
    system("gopkg.in/gographics/imagick", "imagemagick", &["libmagickwand-dev"], &["libmagickwand-7.q16-10"]),
    system("github.com/pebbe/zmq4", "libzmq", &["libzmq3-dev"], &["libzmq5"]),
    system("github.com/google/gopacket/pcap", "libpcap", &["libpcap-dev"], &["libpcap0.8t64"]),
    system("github.com/gopacket/gopacket/pcap", "libpcap", &["libpcap-dev"], &["libpcap0.8t64"]),
    system("github.com/linxGnu/grocksdb", "rocksdb", &["librocksdb-dev"], &["librocksdb9.10"]),
    system("github.com/otiai10/gosseract", "tesseract", &["libtesseract-dev", "libleptonica-dev"], &["tesseract-ocr"]),
    system("github.com/kolesa-team/go-webp", "libwebp", &["libwebp-dev"], &["libwebp7", "libwebpmux3", "libwebpdemux2"]),
    system("github.com/hraban/opus", "opus", &["libopus-dev", "libopusfile-dev"], &["libopus0", "libopusfile0"]),
    system("gopkg.in/hraban/opus", "opus", &["libopus-dev", "libopusfile-dev"], &["libopus0", "libopusfile0"]),
];
/// Programs that are started by name, with the packages that hold them.
const PROGRAMS: &[(&str, &str)] = &[
    ("ffmpeg", "ffmpeg"), ("ffprobe", "ffmpeg"), ("git", "git"), ("dot", "graphviz"), ("pdftotext", "poppler-utils"), ("pdftoppm", "poppler-utils"),
    ("tesseract", "tesseract-ocr"), ("convert", "imagemagick"), ("magick", "imagemagick"),
];
static STARTS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\bexec\.(?:Command\(|CommandContext\(\s*[\w.()]+\s*,)\s*"([\w-]+)""#).ok());
static CXX: Pattern = LazyLock::new(|| Regex::new(r"(#cgo[^\n]*LDFLAGS:[^\n]*-lstdc\+\+)").ok());

/// Looks at what a program imports and starts.
///
/// # Errors
/// When the package table lacks a row, which a test rules out.
pub fn detect(program: &Program) -> Result<Native> {
    let mut native = Native { links: Links::Nothing, cgo: None, build: Vec::new(), run: Vec::new(), found: Vec::new() };
    let sources = program.sources();
    if let Some(evidence) = program.import("C") {
        native.cgo = Some(evidence.clone());
        native.links = if sources.search(&CXX, "").is_some() { Links::Cpp } else { Links::C };
    }
    for row in PACKAGES {
        let Some(evidence) = program.import(row.import).or_else(|| program.versioned(row.import)) else { continue };
        native.cgo.get_or_insert_with(|| evidence.clone());
        native.links = native.links.max(row.links);
        native.add(row.name, evidence.clone(), row.build, row.run)?;
    }
    for (path, text) in sources.files() {
        for captures in STARTS.iter().flat_map(|regex| regex.captures_iter(text)) {
            let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
            if let Some((program, package)) = PROGRAMS.iter().find(|(program, _)| *program == name.as_str()) {
                let line = text[..whole.start()].matches('\n').count() + 1;
                native.add(program, Evidence::at(path, line, format!("starts `{program}`")), &[], &[package])?;
            }
        }
    }
    Ok(native)
}

impl Native {
    fn add(&mut self, name: &str, evidence: Evidence, build: &[&str], run: &[&str]) -> Result<()> {
        if self.found.iter().any(|found| found.value == name) {
            return Ok(());
        }
        for (packages, into) in [(build, &mut self.build), (run, &mut self.run)] {
            for package in packages {
                let package = catalog::package("trixie", package)?;
                if !into.contains(&package) {
                    into.push(package);
                }
            }
        }
        self.found.push(Found::certain(name.to_owned(), evidence));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_in_the_catalog() {
        for package in PACKAGES.iter().flat_map(|row| row.build.iter().chain(row.run)).chain(PROGRAMS.iter().map(|(_, package)| package)) {
            catalog::package("trixie", package).unwrap();
        }
    }
}
