//! Rebuilds when a template or the catalog changes: `include_dir` does not see new files by itself.
fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=catalog");
}
