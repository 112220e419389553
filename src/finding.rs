//! What the tool says: findings, notices and the edits that repair.
//!
//! A finding keeps facts (spans, release sets, symbols); the emitters in `report` give them form.

use std::fmt;
use std::sync::Arc;

use crate::names::{Package, RuleId};
use crate::release::ReleaseSet;
use crate::text::{RepoPath, SourceFile, Span, clipped};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It works, but is deprecated, private or fragile; or nothing pins TensorFlow.
    Note,
    /// Some permitted releases fail and some work, or it runs and does the wrong thing.
    Warning,
    /// No permitted release works.
    Error,
}

impl Level {
    /// The word for it in every format: `error`, `warning`, `note`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Note, Self::Warning, Self::Error];
        all.into_iter().find(|level| level.name() == name)
    }
}

/// A span of a file.
#[derive(Clone, Debug)]
pub struct Location {
    /// The file, shared by all that points into it.
    pub file: Arc<SourceFile>,
    /// Where in its text.
    pub span: Span,
}

/// Releases of one package, as a finding quotes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Releases {
    /// Whose.
    pub package: Package,
    /// Permitted here: what the pins allow, narrowed by the guards around the use.
    pub permitted: ReleaseSet,
    /// Permitted ones on which the line fails.
    pub failing: ReleaseSet,
    /// All releases on which it works, permitted or not: the strip shows them.
    pub present: ReleaseSet,
}

/// A line that pins a package, quoted as related location.
#[derive(Clone, Debug)]
pub struct PinLine {
    /// Where it stands; `None` where the pin came with the run, from
    /// the command line or an input.
    pub location: Option<Location>,
    /// The pin as written, such as `tensorflow==2.3.4` or `--tensorflow 2.3.4`.
    pub text: String,
}

/// A longer statement is quoted up to here, in characters: every finding quotes it, and a repository may
/// write as much into one as it likes.
pub const LONGEST_QUOTE: usize = 500;

impl PinLine {
    /// A statement as findings quote it.
    #[must_use]
    pub fn quoted(statement: &str) -> String {
        clipped(statement, LONGEST_QUOTE)
    }

    /// The statement without its marker.
    #[must_use]
    pub fn statement(&self) -> &str {
        self.text.split(';').next().unwrap_or(&self.text).trim()
    }

    /// Whether it is the same line.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let place = |line: &Self| {
            let at = line.location.as_ref();
            at.map(|at| (at.file.path.clone(), at.span))
        };
        self.text == other.text && place(self) == place(other)
    }
}

/// Whether a fix may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Same behaviour on every permitted release, verified against the history.
    Safe,
    /// Shown, and applied on request.
    Unsafe,
}

/// One replacement of bytes in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: RepoPath,
    /// The bytes that go.
    pub span: Span,
    /// What comes instead.
    pub text: String,
}

/// How certain it is that a finding is about what it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confidence {
    /// The name was resolved through imports and assignments.
    #[default]
    High,
    /// It was recognised by its own distinctive spelling.
    Medium,
}

/// A repair: edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// Whether it may be applied without asking.
    pub safety: Safety,
    /// The edits, which never overlap.
    pub edits: Vec<Edit>,
}

/// A name that works where the one in the source does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// Its canonical path.
    pub path: String,
    /// How safe it is to write it, as far as names alone tell.
    pub safety: Safety,
}

/// What has to change for a finding to go, as a rule sees it: a fix is made of it, where the source
/// has a form that can be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What it does, in a few words.
    pub title: String,
    /// How safe it is, as far as the rule can tell.
    pub safety: Safety,
    /// The changes, which belong together.
    pub changes: Vec<Change>,
}

impl Repair {
    /// A repair that may be made without asking.
    #[must_use]
    pub fn safe(title: impl Into<String>, changes: Vec<Change>) -> Self {
        Self {
            title: title.into(),
            safety: Safety::Safe,
            changes,
        }
    }

    /// A repair that has to be asked for.
    #[must_use]
    pub fn on_request(title: impl Into<String>, changes: Vec<Change>) -> Self {
        Self {
            title: title.into(),
            safety: Safety::Unsafe,
            changes,
        }
    }

    /// The same repair, asked for where it is not `certain`.
    #[must_use]
    pub fn safe_if(mut self, certain: bool) -> Self {
        if !certain {
            self.safety = Safety::Unsafe;
        }
        self
    }
}

/// A change of source code. In texts, `{path}` stands for a name of the API, spelled as the file
/// spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Other text comes where a span was.
    Put {
        /// What goes.
        span: Span,
        /// What comes.
        text: String,
    },
    /// Text comes around an expression.
    Wrap {
        /// The expression.
        span: Span,
        /// What comes before it.
        before: String,
        /// What comes behind it.
        after: String,
    },
    /// Of an expression a part alone stays.
    Keep {
        /// The expression.
        outer: Span,
        /// The part.
        inner: Span,
    },
    /// An argument goes.
    Drop {
        /// The call.
        call: Span,
        /// Name and value of the argument.
        argument: Span,
    },
    /// All arguments go but the first, and others come.
    Tail {
        /// The call.
        call: Span,
        /// What comes behind the first argument; nothing where it is empty.
        text: String,
    },
    /// An argument by name comes behind all others.
    Add {
        /// The call.
        call: Span,
        /// The argument.
        text: String,
    },
    /// An argument gets another value.
    Value {
        /// Name and value of the argument.
        argument: Span,
        /// The new value.
        text: String,
    },
    /// A text that is an argument gets another content.
    Text {
        /// Name and value of the argument.
        argument: Span,
        /// The content.
        text: String,
    },
    /// A statement goes.
    Remove {
        /// A place in it.
        at: Span,
    },
    /// A statement moves before another one of its block.
    Move {
        /// A place in it.
        at: Span,
        /// A place in the other one.
        before: Span,
    },
    /// The loss of which a call of `tape.gradient` computes gradients is scaled inside the tape.
    Scale {
        /// The call.
        gradient: Span,
        /// The function that scales.
        by: String,
    },
}

/// Something true of the user's code under his pins.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// How bad it is.
    pub level: Level,
    /// How certain it is that the name is the one meant.
    pub confidence: Confidence,
    /// Where: the name as written.
    pub location: Location,
    /// The canonical symbol, such as `tensorflow.keras.mixed_precision.set_global_policy`.
    pub symbol: String,
    /// One sentence without final stop, code in backticks.
    pub message: String,
    /// The few words under the marked source, such as `appears in 2.4.0`.
    pub label: String,
    /// The releases concerned, where the finding is about releases.
    pub releases: Option<Releases>,
    /// The lines that pin what is permitted here; the first is quoted.
    pub pins: Vec<PinLine>,
    /// Ways out, one sentence each, best first.
    pub help: Vec<String>,
    /// What Python says when the line runs, such as `AttributeError: ...`.
    pub run_time: Option<String>,
    /// The name that is offered, where one is: repairs are made of it.
    pub instead: Option<Instead>,
    /// What has to change, where that is more than a name: repairs are made of it, too.
    pub repair: Option<Repair>,
    /// A repair, where one is certain.
    pub fix: Option<Fix>,
    /// Uses through this name that fail for the same cause and are not reported again.
    pub more_uses: usize,
    /// Which one it is, base 1, of the findings of its rule on its symbol in its file.
    pub occurrence: usize,
}

/// A finding that is not reported.
#[derive(Clone, Debug)]
pub struct Silenced {
    /// The finding.
    pub finding: Finding,
    /// What speaks for it.
    pub by: Silencer,
}

/// Why a finding is not reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silencer {
    /// A comment beside it.
    Comment {
        /// The reason that the comment gives; `""` where it gives none.
        reason: String,
    },
    /// The baseline has it.
    Baseline,
}

impl Finding {
    /// Begins a finding: nothing is one without a rule, a place and a sentence.
    #[must_use]
    pub fn new(
        rule: RuleId,
        level: Level,
        location: Location,
        symbol: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            level,
            confidence: Confidence::High,
            location,
            symbol: symbol.into(),
            message: message.into(),
            label: String::new(),
            releases: None,
            pins: Vec::new(),
            help: Vec::new(),
            run_time: None,
            instead: None,
            repair: None,
            fix: None,
            more_uses: 0,
            occurrence: 1,
        }
    }

    /// The pin that one of the ways out offers, such as `tensorflow>=2.4`: rules offer one only where
    /// all else of the scope works under it, and all in the same words.
    #[must_use]
    pub fn pin_offered(&self) -> Option<&str> {
        self.help.iter().find_map(|help| {
            let (_, pin) = help.split_once("the pin: `")?;
            pin.strip_suffix('`')
        })
    }

    /// The order of every report: path, place, rule, symbol.
    #[must_use]
    pub fn sort_key(&self) -> (&RepoPath, Span, RuleId, &str) {
        (
            &self.location.file.path,
            self.location.span,
            self.rule,
            &self.symbol,
        )
    }
}

/// Something of the user's that could not be read or judged. Never a reason to stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// The file, where there is one.
    pub path: Option<RepoPath>,
    /// The line, base 1, where there is one.
    pub line: Option<u32>,
    /// One sentence: what is wrong and what was not looked at.
    pub message: String,
    /// What to do about it; `""` where there is nothing.
    pub advice: String,
}

impl Notice {
    /// A notice on a file.
    #[must_use]
    pub fn on_file(path: &RepoPath, line: Option<u32>, message: impl Into<String>) -> Self {
        Self {
            path: Some(path.clone()),
            line,
            message: message.into(),
            advice: String::new(),
        }
    }

    /// The same notice with a word on what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }
}

/// `requirements.txt:3: what is wrong; what to do`.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => write!(f, "{path}:{line}: ")?,
            (Some(path), None) => write!(f, "{path}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.message)?;
        match self.advice.as_str() {
            "" => Ok(()),
            advice => write!(f, "; {advice}"),
        }
    }
}
