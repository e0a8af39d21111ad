//! What the documents name is there: files, links, headings and tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use userdom_tests::process::repository;

/// Folders that git does not know.
const MADE: [&str; 5] = ["target", "node_modules", ".git", "corpus", "artifacts"];

/// What looks like a file of ours and is none: a media type, a file of Alembic.
const NO_FILES: [&str; 2] = ["application/json", "env.py"];

/// Names that end so are files.
const ENDINGS: [&str; 8] = [".rs", ".sql", ".toml", ".py", ".html", ".tsv", ".md", ".txt"];

fn files(of: &Path) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![of.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        if !path.is_dir() {
            found.push(path);
        } else if !MADE.iter().any(|made| path.ends_with(made)) {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

/// What the repository has.
struct Contents {
    root: PathBuf,
    file_names: BTreeSet<String>,
    /// All words of the sources that could be names.
    names: BTreeSet<String>,
    functions: BTreeSet<String>,
}

impl Contents {
    fn read() -> Self {
        let root = repository().to_owned();
        let (mut names, mut functions) = (BTreeSet::new(), BTreeSet::new());
        let all = files(&root);
        let is_source = |path: &&PathBuf| {
            let ending = path.extension().unwrap_or_default();
            // This file names what is nowhere else.
            !path.ends_with("proofs/docs.rs")
                && ["rs", "sql", "py", "toml"].iter().any(|source| ending == *source)
        };
        for path in all.iter().filter(is_source) {
            let text = fs::read_to_string(path).unwrap();
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            names.extend(words.map(str::to_owned));
            for after in text.split("fn ").skip(1) {
                functions.extend(after.split(['(', '<']).next().map(str::to_owned));
            }
        }
        let file_names = all.iter().map(|path| path.file_name().unwrap().to_str().unwrap());
        Self { file_names: file_names.map(str::to_owned).collect(), names, functions, root }
    }

    /// A path of the repository, of `crates`, or beside the document.
    fn has_path(&self, document: &Path, path: &str) -> bool {
        let beside = document.parent().unwrap().to_owned();
        let bases = [self.root.clone(), self.root.join("crates"), beside];
        let is_bare = !path.contains('/') && self.file_names.contains(path);
        is_bare || bases.iter().any(|base| base.join(path).exists())
    }

    /// A name in backticks that stands for nothing in the repository, if it claims to.
    fn is_missing(&self, document: &Path, code: &str) -> bool {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        if code.is_empty() || code.starts_with(['/', '.', '-']) || !code.chars().all(is_plain) {
            return false;
        }
        let (first, is_nested) = code.split_once('/').map_or((code, false), |(it, _)| (it, true));
        let bases = [self.root.clone(), self.root.join("crates")];
        let is_under_root = is_nested && bases.iter().any(|base| base.join(first).is_dir());
        let is_file = ENDINGS.iter().any(|end| code.ends_with(end) && code != *end);
        if (is_under_root || is_file) && !NO_FILES.contains(&code) {
            return !self.has_path(document, code);
        }
        let words: Vec<&str> = code.trim_end_matches('_').split('_').collect();
        let is_numbered = words.len() > 1
            && first.starts_with(|c: char| c.is_ascii_lowercase())
            && words.first().is_some_and(|word| {
                word.len() > 1 && word.chars().skip(1).all(|c| c.is_ascii_digit())
            });
        if is_numbered {
            let is_declared = self.functions.iter().any(|name| name.starts_with(code));
            return !is_declared && !self.names.contains(code);
        }
        let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        words.len() > 4 && code.chars().all(is_lower) && !self.names.contains(code)
    }
}

/// The headings of a document as fragments of its URL; those that come again are numbered.
fn fragments(text: &str) -> Vec<String> {
    let mut found = Vec::<String>::new();
    for heading in without_blocks(text).lines().filter(|line| line.starts_with('#')) {
        let letters = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = letters.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        let fragment: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let is_same =
            |other: &&String| other.trim_end_matches(char::is_numeric) == format!("{fragment}-");
        let before = found.iter().filter(|other| **other == fragment || is_same(other)).count();
        found.push(if before == 0 { fragment } else { format!("{fragment}-{before}") });
    }
    found
}

fn without_blocks(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// What a document names and the repository does not have.
fn missing(contents: &Contents, document: &Path, text: &str) -> Vec<String> {
    let text = without_blocks(text);
    let codes = text.split('`').skip(1).step_by(2);
    let codes = codes.filter(|code| contents.is_missing(document, code)).map(str::to_owned);
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let is_inside = |link: &&str| !link.contains("://") && !link.starts_with("mailto:");
    let links = links.filter(is_inside).filter(|link| {
        let (path, heading) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() {
            document.to_owned()
        } else {
            document.parent().unwrap().join(path)
        };
        let Ok(linked) = fs::read_to_string(&target) else { return !target.is_dir() };
        !heading.is_empty() && !fragments(&linked).iter().any(|it| it == heading)
    });
    codes.chain(links.map(str::to_owned)).collect()
}

#[test]
fn what_the_documents_name_is_there() {
    let contents = Contents::read();
    let documents = files(&contents.root).into_iter();
    let documents: Vec<_> =
        documents.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    assert!(documents.len() > 40, "{}", documents.len());
    let mut faults = Vec::new();
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let shown = document.strip_prefix(&contents.root).unwrap().display().to_string();
        let named = missing(&contents, &document, &text).into_iter();
        faults.extend(named.map(|name| format!("{shown}: {name}")));
    }
    assert!(faults.is_empty(), "named and not there:\n{}", faults.join("\n"));
}

#[test]
fn a_name_that_stands_for_nothing_would_be_seen() {
    let contents = Contents::read();
    let text = "`api/src/nothing.rs`, `crates/api/src/routes.rs`, `nobody.rs`, `r4_nothing_of_it`, `r19_`, \
         `nothing_has_so_long_a_name`, `user_emails`, [a](README.md#nowhere), [b](gone.md)\n```\n`in/a/block.rs`\n```\n";
    let found = missing(&contents, &contents.root.join("README.md"), text);
    let names =
        ["api/src/nothing.rs", "nobody.rs", "r4_nothing_of_it", "nothing_has_so_long_a_name"];
    assert_eq!(found, [&names[..], &["README.md#nowhere", "gone.md"]].concat());
}
