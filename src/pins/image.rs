//! Container images that bring TensorFlow along, told by their names.
//!
//! `data/images.tsv` has NVIDIA's months, `data/merlin.tsv` those of Merlin. Supported: `tensorflow/tensorflow`, NVIDIA's TensorFlow,
//! L4T and Merlin images, Google's and AWS's deep learning containers, Hugging Face's on AWS, each
//! under a private mirror too. Not supported: digests, and images that only a registry could tell.

use std::sync::OnceLock;

/// What an image holds, as a requirement (`tensorflow==2.3.*`).
pub(crate) fn requirement(reference: &str) -> Option<String> {
    let reference = reference.split('@').next().unwrap_or(reference);
    let slash = reference.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match reference[slash..].split_once(':') {
        Some((name, tag)) => (&reference[..slash + name.len()], tag),
        None => (reference, ""),
    };
    let tail = |end: &str| {
        name.strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    if tail("tensorflow/tensorflow") {
        return official(tag);
    }
    if tail("nvidia/tensorflow") {
        return nvidia(tag);
    }
    if last == "l4t-tensorflow" || last == "l4t-ml" {
        return minor(after(tag, "tf")?);
    }
    if last.starts_with("merlin-tensorflow") {
        return merlin(last, tag).map(|version| format!("tensorflow=={version}"));
    }
    if name.contains("deeplearning-platform-release/") || name.contains("vertex-ai/") {
        return google(last);
    }
    let aws = [
        "tensorflow-training",
        "tensorflow-inference",
        "huggingface-tensorflow-training",
        "huggingface-tensorflow-inference",
    ];
    if aws.iter().any(|image| last.starts_with(image)) && last != "tensorflow-inference" {
        return minor(tag);
    }
    None
}

/// Whose own builds of TensorFlow a text names.
pub(crate) fn vendor(text: &str) -> Option<&'static str> {
    let has = |word: &&str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let nvidia = ["nvcr.io/", "nvidia/tensorflow", "nvidia-tensorflow"];
    nvidia.iter().any(has).then_some("nvidia")
}

/// Whether a reference is to an image made for TensorFlow whose version its name does not tell.
pub(crate) fn is_of_tensorflow(reference: &str) -> bool {
    [
        "tensorflow/tensorflow",
        "nvidia/tensorflow",
        "l4t-tensorflow",
        "merlin-tensorflow",
    ]
    .iter()
    .any(|name| reference.contains(name))
}

/// `2.3.0-gpu-jupyter`, `2.3.0rc1`, `latest-gpu`.
fn official(tag: &str) -> Option<String> {
    if tag.starts_with("devel") || tag.starts_with("nightly") || tag.contains('$') {
        return None;
    }
    if tag.is_empty() || tag.starts_with("latest") {
        return Some("tensorflow".to_owned());
    }
    let mut parts = tag.split('-');
    let version = parts.next()?;
    let candidate = parts
        .next()
        .filter(|part| part.starts_with("rc"))
        .unwrap_or("");
    let (numbers, _) = version.split_once("rc").unwrap_or((version, ""));
    let whole = numbers.split('.').count() >= 3;
    if !numbers.split('.').all(is_number) {
        return None;
    }
    Some(if whole {
        format!("tensorflow=={version}{candidate}")
    } else {
        format!("tensorflow=={version}.*")
    })
}

/// `20.08-tf2-py3`, `19.10-py3`.
fn nvidia(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let month = parts.next()?;
    let flavour = parts
        .next()
        .filter(|part| part.starts_with("tf"))
        .unwrap_or("single");
    let row = table()
        .iter()
        .find(|row| row.month == month && row.flavour == flavour)?;
    if row.stated {
        return Some(format!("tensorflow=={}", row.version));
    }
    minor(row.version)
}

/// `tf2-gpu.2-3`, `tf-cpu.1-15`.
fn google(image: &str) -> Option<String> {
    if !image.starts_with("tf") {
        return None;
    }
    let version = image.split('.').nth(1)?;
    minor(&version.replace('-', "."))
}

/// The first two numbers of a version stand for all releases of that minor version.
fn minor(version: &str) -> Option<String> {
    let mut numbers = version.split(['.', '-', '_']);
    let (major, minor) = (numbers.next()?, numbers.next()?);
    (is_number(major) && is_number(minor)).then(|| format!("tensorflow=={major}.{minor}.*"))
}

fn after<'t>(tag: &'t str, mark: &str) -> Option<&'t str> {
    tag.split('-').find_map(|part| part.strip_prefix(mark))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

struct Row {
    month: &'static str,
    flavour: &'static str,
    version: &'static str,
    /// It is stated for that very container, not inferred.
    stated: bool,
}

fn table() -> &'static [Row] {
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("../../data/images.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut fields = line.trim_end().split('\t');
                Some(Row {
                    month: fields.next()?,
                    flavour: fields.next()?,
                    version: fields.next()?,
                    stated: fields.next()? == "page",
                })
            })
            .collect()
    })
}

/// Merlin's images: name, month, release.
fn merlin(image: &str, tag: &str) -> Option<&'static str> {
    include_str!("../../data/merlin.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut fields = line.trim_end().split('\t');
            let named = fields.next()? == image && tag.starts_with(fields.next()?);
            fields.next().filter(|_| named)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reference: &str, expect: Option<&str>) {
        assert_eq!(requirement(reference).as_deref(), expect, "{reference}");
    }

    #[test]
    fn the_families_are_told_by_name_and_tag() {
        check("tensorflow/tensorflow:2.3.0-gpu", Some("tensorflow==2.3.0"));
        check(
            "tensorflow/tensorflow:2.0.0rc1-py3",
            Some("tensorflow==2.0.0rc1"),
        );
        check("tensorflow/tensorflow:latest-gpu-py3", Some("tensorflow"));
        check("tensorflow/tensorflow", Some("tensorflow"));
        check("tensorflow/tensorflow:devel", None);
        check("tensorflow/tensorflow:${TF}", None);
        check(
            "mirror.example/tensorflow/tensorflow:1.15.2",
            Some("tensorflow==1.15.2"),
        );
        check(
            "nvcr.io/nvidia/tensorflow:20.09-tf2-py3",
            Some("tensorflow==2.3.0"),
        );
        check(
            "nvcr.io/nvidia/tensorflow:21.02-tf2-py3",
            Some("tensorflow==2.4.*"),
        );
        check(
            "nvcr.io/nvidia/tensorflow:19.07-py3",
            Some("tensorflow==1.14.0"),
        );
        check("nvcr.io/nvidia/tensorflow:23.07-tf2-py3", None);
        check(
            "nvcr.io/nvidia/l4t-tensorflow:r35.2.1-tf2.11-py3",
            Some("tensorflow==2.11.*"),
        );
        check(
            "nvcr.io/nvidia/merlin/merlin-tensorflow:22.12",
            Some("tensorflow==2.10.0"),
        );
        check(
            "gcr.io/deeplearning-platform-release/tf2-gpu.2-3:latest",
            Some("tensorflow==2.3.*"),
        );
        check(
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.4.1-gpu-py37",
            Some("tensorflow==2.4.*"),
        );
        check("python:3.8", None);
        check("tensorflow/serving:2.3.0", None);
        check(":", None);
    }
}
