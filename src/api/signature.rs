//! Parameter lists, as the history writes them: `(x, name=, *, axis=, **kwargs)`.

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// A call has to give it.
    pub required: bool,
}

/// The parameters of a function or constructor, `self` left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Those that may be given by position, in order.
    pub positional: Vec<Parameter>,
    /// How many of them take no keyword.
    pub positional_only: usize,
    /// It takes any number by position (`*args`).
    pub variadic: bool,
    /// Those that take a keyword only.
    pub keyword_only: Vec<Parameter>,
    /// It takes any keyword (`**kwargs`).
    pub keywords: bool,
}

impl Signature {
    /// Reads the notation of the history.
    #[must_use]
    pub fn parse(text: &'static str) -> Self {
        let mut signature = Self::default();
        let inner = text.trim_start_matches('(').trim_end_matches(')');
        let mut only_keywords = false;
        for part in inner.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            if part == "/" {
                signature.positional_only = signature.positional.len();
            } else if part == "*" {
                only_keywords = true;
            } else if part.starts_with("**") {
                signature.keywords = true;
            } else if part.starts_with('*') {
                signature.variadic = true;
                only_keywords = true;
            } else {
                let (name, required) = match part.strip_suffix('=') {
                    Some(name) => (name, false),
                    None => (part, true),
                };
                let parameter = Parameter { name, required };
                if only_keywords {
                    signature.keyword_only.push(parameter);
                } else {
                    signature.positional.push(parameter);
                }
            }
        }
        signature
    }

    /// Whether a keyword of this name is a parameter of its own.
    #[must_use]
    pub fn names(&self, keyword: &str) -> bool {
        self.positional[self.positional_only..]
            .iter()
            .chain(&self.keyword_only)
            .any(|parameter| parameter.name == keyword)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &'static str) -> (usize, usize, bool, usize, bool) {
        let s = Signature::parse(text);
        (
            s.positional.len(),
            s.positional_only,
            s.variadic,
            s.keyword_only.len(),
            s.keywords,
        )
    }

    #[test]
    fn every_part_of_the_notation_is_read() {
        assert_eq!(shape("()"), (0, 0, false, 0, false));
        assert_eq!(shape("(x, name=)"), (2, 0, false, 0, false));
        assert_eq!(shape("(x, /, y=)"), (2, 1, false, 0, false));
        assert_eq!(shape("(x, *, axis=)"), (1, 0, false, 1, false));
        assert_eq!(shape("(*args, axis, **kwargs)"), (0, 0, true, 1, true));
        let s = Signature::parse("(a, /, b=, *, c)");
        assert!(!s.names("a") && s.names("b") && s.names("c") && !s.names("d"));
        assert!(s.positional[0].required && !s.positional[1].required);
    }
}
