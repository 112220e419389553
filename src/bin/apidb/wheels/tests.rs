//! Whole fetches from a folder of small wheels that stands in for the index.

use super::*;

/// A wheel with the given members.
fn wheel(members: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in members {
        let day = zip::DateTime::from_date_and_time(2019, 6, 18, 0, 0, 0).unwrap();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(day);
        zip.start_file(*path, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text_of(zip: &[u8], path: &str) -> Option<String> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut text = String::new();
    zip.by_name(path).ok()?.read_to_string(&mut text).unwrap();
    Some(text)
}

#[test]
fn python_files_are_kept_under_their_place_below_site_packages() {
    let wheel = wheel(&[
        (
            "tensorflow-1.14.0.data/purelib/tensorflow/__init__.py",
            "x = 1\n",
        ),
        (
            "tensorflow-1.14.0.data/purelib/tensorflow/_ops.so",
            "binary",
        ),
        (
            "tensorflow-1.14.0.data/scripts/saved_model_cli.py",
            "main()\n",
        ),
        (
            "tensorflow-1.14.0.data/purelib/tensorflow/include/a.h",
            "int a;",
        ),
        ("tensorflow-1.14.0.dist-info/METADATA", "Name: tensorflow\n"),
    ]);
    let kept = repack(Cursor::new(wheel), "tensorflow-1.14.0.whl", true).unwrap();
    let mut names: Vec<String> = ZipArchive::new(Cursor::new(&kept))
        .unwrap()
        .file_names()
        .filter_map(|name| name.ok().map(|name| name.into_owned()))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            ".apidb.json",
            "tensorflow-1.14.0.data/scripts/saved_model_cli.py",
            "tensorflow-1.14.0.dist-info/METADATA",
            "tensorflow/__init__.py",
            "tensorflow/_ops.so",
        ]
    );
    assert_eq!(
        text_of(&kept, "tensorflow/__init__.py").as_deref(),
        Some("x = 1\n")
    );
    assert_eq!(text_of(&kept, "tensorflow/_ops.so").as_deref(), Some(""));
}

#[test]
fn a_kept_zip_tells_what_its_wheel_was() {
    let folder = scratch("facts");
    let members = [
        ("keras/__init__.py", ""),
        ("keras-2.6.0.dist-info/METADATA", "Requires-Python: >=3.6\n"),
    ];
    let kept = repack(Cursor::new(wheel(&members)), "keras-2.6.0.whl", true).unwrap();
    let path = folder.join("keras-2.6.0.zip");
    std::fs::write(&path, kept).unwrap();
    let record = Record {
        wheel: "keras-2.6.0.whl".to_owned(),
        yanked: true,
        built: "2019-06-18".to_owned(),
    };
    let metadata = "Requires-Python: >=3.6\n".to_owned();
    assert_eq!(facts(&path).unwrap(), Facts { record, metadata });
}

/// An empty folder of this test alone.
fn scratch(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("apidb-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn publish(folder: &Path, package: &str, version: &str, tag: &str) {
    let metadata = format!("{package}-{version}.dist-info/METADATA");
    let about = format!("Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n");
    let record = format!("{package}-{version}.dist-info/RECORD");
    let tags = format!("{package}-{version}.dist-info/WHEEL");
    let kind = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n");
    let init = format!("{package}/__init__.py");
    let bytes = wheel(&[
        (&init, "x = 1\n"),
        (&metadata, &about),
        (&tags, &kind),
        (&record, ""),
    ]);
    std::fs::write(folder.join(format!("{package}-{version}-{tag}.whl")), bytes).unwrap();
}

/// A build backend that needs nothing from an index.
const BACKEND: &str = r#"
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = "keras-2.0.0-py3-none-any.whl", "keras-2.0.0.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("keras/__init__.py", "x = 1\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: keras\nVersion: 2.0.0\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return name
"#;

/// The source distribution of keras 2.0.0, whose time had no wheel of it.
fn publish_source(folder: &Path) {
    let source = folder.join("source").join("keras-2.0.0");
    std::fs::create_dir_all(&source).unwrap();
    let about = "Metadata-Version: 2.1\nName: keras\nVersion: 2.0.0\n";
    let project = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n";
    for (name, text) in [
        ("PKG-INFO", about),
        ("pyproject.toml", project),
        ("own.py", BACKEND),
    ] {
        std::fs::write(source.join(name), text).unwrap();
    }
    let made = std::process::Command::new("python3")
        .args(["-m", "tarfile", "-c"])
        .arg(folder.join("keras-2.0.0.tar.gz"))
        .arg("keras-2.0.0")
        .current_dir(folder.join("source"))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
}

#[test]
fn a_fetch_takes_every_release_once_and_goes_on_where_it_stopped() {
    let folder = scratch("fetch");
    let (index, cache) = (folder.join("index"), folder.join("cache"));
    std::fs::create_dir_all(&index).unwrap();
    for (package, version, tag) in [
        ("tensorflow", "1.0.0", "cp35-cp35m-manylinux1_x86_64"),
        ("tensorflow", "1.0.0", "cp36-cp36m-manylinux1_x86_64"),
        ("tensorflow", "1.0.0", "cp36-cp36m-win_amd64"),
        ("tensorflow", "1.0.1rc1", "cp36-cp36m-manylinux1_x86_64"),
        ("tensorflow", "2.6.0", "cp38-cp38-manylinux2010_x86_64"),
        ("keras", "2.6.0", "py2.py3-none-any"),
        ("tf_keras", "2.15.0", "py3-none-any"),
        ("tensorflow_estimator", "2.6.0", "py2.py3-none-any"),
        ("tensorboard", "2.6.0", "py3-none-any"),
        ("tensorboard", "2.7.0", "py3-none-any"),
    ] {
        publish(&index, package, version, tag);
    }
    publish_source(&index);
    let cache = Cache::open(&cache).unwrap();
    let pip = Pip {
        folder: Some(index.clone()),
    };
    let offers = Index::refresh(&cache, &pip, &Known::default(), |_| ()).unwrap();
    let bar = ProgressBar::hidden();
    let first = ["tensorflow==1.0.0".to_owned()];
    fetch_listed(&cache, &pip, &offers, &first, 1, &bar).unwrap();
    let versions: Vec<&str> = offers
        .of("tensorflow")
        .iter()
        .map(|o| &*o.version)
        .collect();
    assert_eq!(versions, ["1.0.0", "2.6.0"]);
    assert_eq!(offers.offer("tensorflow", "1.0.0").unwrap().python, Some(6));
    assert!(cache.zip("tensorflow", "1.0.0").exists());
    assert!(!cache.zip("tensorflow", "2.6.0").exists());

    // A finished zip is not fetched again, and without an index the cache's list is used.
    std::fs::remove_file(index.join("tensorflow-1.0.0-cp36-cp36m-manylinux1_x86_64.whl")).unwrap();
    let before = std::fs::read(cache.zip("tensorflow", "1.0.0")).unwrap();
    let record = facts(&cache.zip("tensorflow", "1.0.0")).unwrap().record;
    assert_eq!(
        record.wheel,
        "tensorflow-1.0.0-cp36-cp36m-manylinux1_x86_64.whl"
    );
    fetch_listed(&cache, &pip, &offers, &[], 2, &bar).unwrap();
    assert_eq!(
        std::fs::read(cache.zip("tensorflow", "1.0.0")).unwrap(),
        before
    );
    for (package, version) in [
        ("tensorflow", "2.6.0"),
        ("keras", "2.0.0"),
        ("keras", "2.6.0"),
        ("tf_keras", "2.15.0"),
        ("tensorflow_estimator", "2.6.0"),
        ("tensorboard", "2.6.0"),
    ] {
        assert!(cache.zip(package, version).exists(), "{package} {version}");
    }
    assert!(
        !cache.zip("tensorboard", "2.7.0").exists(),
        "nothing needs it"
    );

    std::fs::remove_dir_all(&index).unwrap();
    std::fs::create_dir_all(&index).unwrap();
    let again = fetch(&cache, &pip, &Known::default(), &[], 2).unwrap();
    assert_eq!(again, offers);
}

#[test]
fn what_the_index_lacks_is_named() {
    let folder = scratch("lacks");
    let index = Index::default();
    let error = wanted(&index, &["keras==9.9.9".to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "the index has no keras 9.9.9");
    let error = wanted(&index, &["keras".to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "`keras` is not PACKAGE==VERSION");
    let not_a_zip = repack(Cursor::new(b"<html>".to_vec()), "x.whl", false);
    assert!(not_a_zip.is_err());
    assert!(facts(&folder.join("none.zip")).is_err());
}
