//! What a file is to the tool, told by its name; and how much its word weighs.

use crate::text::RepoPath;

/// What a file is to the tool, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// A pip requirements file.
    Requirements,
    /// A pip constraints file.
    Constraints,
    /// `pyproject.toml`.
    Pyproject,
    /// `setup.cfg`.
    SetupCfg,
    /// `setup.py`, which is Python source too.
    SetupPy,
    /// `Pipfile`.
    Pipfile,
    /// `Pipfile.lock`.
    PipfileLock,
    /// `poetry.lock`, `uv.lock`, `pdm.lock`, `pylock.toml`.
    TomlLock,
    /// A conda environment.
    CondaEnvironment,
    /// A conda recipe, `meta.yaml`.
    CondaRecipe,
    /// `tox.ini`.
    Tox,
    /// `noxfile.py`, which is Python source too.
    Nox,
    /// A workflow of GitHub Actions.
    Workflow,
    /// A Dockerfile.
    Dockerfile,
    /// A shell script.
    Shell,
    /// Python source.
    Python,
    /// A Jupyter notebook.
    Notebook,
}

/// How much the word of a manifest weighs. A lighter one is only heard where no heavier one names
/// versions of TensorFlow: see `scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// It says what the project needs.
    Declared,
    /// It says what the project is tested with.
    Tested,
    /// It builds one machine on which the project runs.
    Image,
    /// A script that somebody may run.
    Script,
}

impl InputKind {
    /// The kind of a file, or `None` where the tool has no business with it.
    #[must_use]
    pub fn of(path: &RepoPath) -> Option<Self> {
        let name = path.file_name().to_ascii_lowercase();
        match name.as_str() {
            "pyproject.toml" => return Some(Self::Pyproject),
            "setup.cfg" => return Some(Self::SetupCfg),
            "setup.py" => return Some(Self::SetupPy),
            "noxfile.py" => return Some(Self::Nox),
            "pipfile" => return Some(Self::Pipfile),
            "pipfile.lock" => return Some(Self::PipfileLock),
            "poetry.lock" | "uv.lock" | "pdm.lock" | "pylock.toml" => return Some(Self::TomlLock),
            "meta.yaml" | "meta.yml" => return Some(Self::CondaRecipe),
            "tox.ini" => return Some(Self::Tox),
            "dockerfile" | "containerfile" => return Some(Self::Dockerfile),
            _ if name.starts_with("dockerfile.") && !name.ends_with(".py") => {
                return Some(Self::Dockerfile);
            }
            _ if name.starts_with("pylock.") && name.ends_with(".toml") => {
                return Some(Self::TomlLock);
            }
            _ => {}
        }
        let (stem, extension) = name.rsplit_once('.')?;
        match extension {
            "py" | "pyw" => Some(Self::Python),
            "ipynb" => Some(Self::Notebook),
            "sh" | "bash" => Some(Self::Shell),
            "dockerfile" => Some(Self::Dockerfile),
            "txt" | "in" => {
                let shelf = path.folder().rsplit('/').next() == Some("requirements");
                if stem.contains("constraint") {
                    Some(Self::Constraints)
                } else if shelf || stem.contains("requirement") {
                    Some(Self::Requirements)
                } else {
                    None
                }
            }
            "yml" | "yaml" => {
                let mut words = stem.split(['-', '_', '.', ' ']);
                if is_workflow_folder(path.folder()) {
                    Some(Self::Workflow)
                } else if stem.contains("environment")
                    || words.any(|word| matches!(word, "env" | "conda"))
                {
                    Some(Self::CondaEnvironment)
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// Whether such files hold pins.
    #[must_use]
    pub const fn is_manifest(self) -> bool {
        !matches!(self, Self::Python | Self::Notebook)
    }

    /// Whether such files are Python modules whose code is checked.
    #[must_use]
    pub const fn is_python(self) -> bool {
        matches!(self, Self::Python | Self::SetupPy | Self::Nox)
    }

    /// Whether such files hold code that is checked.
    #[must_use]
    pub const fn is_code(self) -> bool {
        self.is_python() || matches!(self, Self::Notebook)
    }

    /// Whether such files are only read where their bytes name TensorFlow or Keras.
    #[must_use]
    pub(crate) const fn is_searched_first(self) -> bool {
        !matches!(self, Self::Requirements | Self::Constraints)
    }

    /// How much such a file's word weighs.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Self::Tox | Self::Nox | Self::Workflow => Weight::Tested,
            Self::Dockerfile => Weight::Image,
            Self::Shell => Weight::Script,
            Self::Requirements
            | Self::Constraints
            | Self::Pyproject
            | Self::SetupCfg
            | Self::SetupPy
            | Self::Pipfile
            | Self::PipfileLock
            | Self::TomlLock
            | Self::CondaEnvironment
            | Self::CondaRecipe
            | Self::Python
            | Self::Notebook => Weight::Declared,
        }
    }
}

fn is_workflow_folder(folder: &str) -> bool {
    folder == ".github/workflows" || folder.ends_with("/.github/workflows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, kind: Option<InputKind>) {
        assert_eq!(InputKind::of(&RepoPath::new(path)), kind, "{path}");
    }

    #[test]
    fn files_are_told_by_their_names() {
        check("requirements.txt", Some(InputKind::Requirements));
        check("ml/Requirements-GPU.txt", Some(InputKind::Requirements));
        check("test_requirements.txt", Some(InputKind::Requirements));
        check("requirements_amd.in", Some(InputKind::Requirements));
        check("requirements/base.in", Some(InputKind::Requirements));
        check("a/requirements/dev.txt", Some(InputKind::Requirements));
        check(
            "requirements/constraints-2.4.txt",
            Some(InputKind::Constraints),
        );
        check("constraints.txt", Some(InputKind::Constraints));
        check("app.py", Some(InputKind::Python));
        check("demo.ipynb", Some(InputKind::Notebook));
        check("MANIFEST.in", None);
        check("config.h.in", None);
        check("notes.txt", None);
        check("requirements/README.md", None);
        check("CMakeLists.txt", None);
    }

    #[test]
    fn manifests_of_every_tool_are_told_by_their_names() {
        check("a/pyproject.toml", Some(InputKind::Pyproject));
        check("setup.py", Some(InputKind::SetupPy));
        check("Pipfile", Some(InputKind::Pipfile));
        check("Pipfile.lock", Some(InputKind::PipfileLock));
        check("pylock.gpu.toml", Some(InputKind::TomlLock));
        check("uv.lock", Some(InputKind::TomlLock));
        check("environment-gpu.yml", Some(InputKind::CondaEnvironment));
        check("conda/conda_env.yaml", Some(InputKind::CondaEnvironment));
        check("envoy.yaml", None);
        check("recipe/meta.yaml", Some(InputKind::CondaRecipe));
        check("docker/Dockerfile.gpu", Some(InputKind::Dockerfile));
        check("gpu.Dockerfile", Some(InputKind::Dockerfile));
        check(".github/workflows/ci.yml", Some(InputKind::Workflow));
        check("workflows/ci.yml", None);
        check("install.sh", Some(InputKind::Shell));
        check("Cargo.lock", None);
    }
}
