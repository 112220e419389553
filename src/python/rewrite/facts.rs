//! What a rewrite has to know of a file's form: its imports as they are spelled, its dotted
//! expressions, who binds and who reads each name, and how things are called.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal};
use ruff_python_ast::{AnyNodeRef, ArgOrKeyword, Expr, ExprContext, Identifier, ModModule, Stmt};

use crate::maps::{FastMap, FastSet};
use crate::python::parse;
use crate::python::walk::span_of;
use crate::text::{RepoPath, Span};

/// The form of a file.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) imports: Vec<Import>,
    /// Dotted expressions by their span.
    pub(super) dotted: FastMap<Span, Dotted>,
    /// Calls by their span.
    pub(super) calls: FastMap<Span, Form>,
    /// The values of arguments by name, by the span of both.
    pub(super) values: FastMap<Span, Span>,
    /// What is inside the quotes of plain texts, by their span.
    pub(super) texts: FastMap<Span, Span>,
    /// All statements, a compound one before those inside it.
    pub(super) statements: Vec<Statement>,
    pub(super) opened: Vec<Opened>,
    names: FastMap<Box<str>, Name>,
    /// Words of strings that name things: `__all__`, `globals()["..."]`, quoted annotations.
    strings: FastSet<Box<str>>,
}

/// An import statement.
#[derive(Clone, Debug)]
pub(super) struct Import {
    pub(super) span: Span,
    /// The module of `from ... import`, as written.
    pub(super) module: Option<Span>,
    pub(super) items: Vec<Item>,
    /// It stands in the module's own body, not in a branch or function.
    pub(super) at_top: bool,
}

/// One thing that a statement imports.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// With what follows `as`.
    pub(super) span: Span,
    pub(super) name: Span,
    pub(super) alias: Option<String>,
}

/// `head.part.part`.
#[derive(Clone, Debug)]
pub(super) struct Dotted {
    pub(super) head: Span,
    pub(super) parts: Vec<Span>,
}

/// The form of a call.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// What is called.
    pub(super) function: Span,
    /// The arguments in source order, each with its value.
    pub(super) arguments: Vec<(Span, Span)>,
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    pub(super) span: Span,
    /// The block that it stands in.
    pub(super) block: usize,
    /// The name or attribute that it gives a value, and the value, where it does just that.
    pub(super) assigned: Option<(Span, Span)>,
}

/// One thing that a `with` opens under a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) name: Span,
    /// The block behind the colon.
    pub(super) block: usize,
    /// All of the statement.
    pub(super) span: Span,
}

/// Where a name is bound and read.
#[derive(Clone, Debug, Default)]
pub(super) struct Name {
    pub(super) bound: usize,
    /// In source order.
    pub(super) read: Vec<Span>,
}

impl Facts {
    pub(super) fn of(path: &RepoPath, text: &str) -> Option<Self> {
        let (facts, _) = parse::with_tree(path, text, |module| {
            let mut visitor = Visitor::default();
            visitor.read(module);
            visitor.facts
        });
        facts
    }

    /// The statement that holds an imported name, and which of its items that is.
    pub(super) fn import_of(&self, span: Span) -> Option<(&Import, usize)> {
        self.imports.iter().find_map(|import| {
            let at = import.items.iter().position(|item| item.name == span)?;
            Some((import, at))
        })
    }

    /// What is known of a name.
    pub(super) fn name(&self, name: &str) -> Option<&Name> {
        self.names.get(name)
    }

    /// Whether a string spells a name.
    pub(super) fn is_in_a_string(&self, name: &str) -> bool {
        self.strings.contains(name)
    }

    /// Whether nothing but one import binds a name anywhere in the file.
    pub(super) fn is_bound_once(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|name| name.bound == 1)
    }

    /// Whether a name appears nowhere in the file.
    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.names.contains_key(name)
    }
}

#[derive(Default)]
struct Visitor {
    facts: Facts,
    top: FastSet<Span>,
    blocks: usize,
}

impl Visitor {
    fn read(&mut self, module: &ModModule) {
        for statement in &module.body {
            if matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)) {
                self.top.insert(span_of(statement));
            }
        }
        self.visit_body(&module.body);
    }

    fn name(&mut self, name: &str) -> &mut Name {
        let names = &mut self.facts.names;
        if !names.contains_key(name) {
            names.insert(name.into(), Name::default());
        }
        names.get_mut(name).expect("it was put there")
    }

    fn bind(&mut self, name: &str) {
        let first = name.split('.').next().unwrap_or(name);
        self.name(first).bound += 1;
    }

    fn bind_all<'i>(&mut self, names: impl IntoIterator<Item = &'i Identifier>) {
        for name in names {
            self.bind(name.as_str());
        }
    }

    fn import(&mut self, span: Span, module: Option<Span>, names: &[ruff_python_ast::Alias]) {
        for alias in names {
            self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
        }
        let items = names.iter().map(|alias| Item {
            span: span_of(alias),
            name: span_of(&alias.name),
            alias: alias.asname.as_ref().map(|name| name.as_str().to_owned()),
        });
        self.facts.imports.push(Import {
            span,
            module,
            items: items.collect(),
            at_top: self.top.contains(&span),
        });
    }

    fn attribute(&mut self, node: &ruff_python_ast::ExprAttribute) {
        let mut parts = vec![span_of(&node.attr)];
        let mut inner = &*node.value;
        while let Expr::Attribute(attribute) = inner {
            parts.push(span_of(&attribute.attr));
            inner = &attribute.value;
        }
        if let Expr::Name(head) = inner {
            parts.reverse();
            let head = span_of(head);
            self.facts
                .dotted
                .insert(span_of(node), Dotted { head, parts });
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Visitor {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        self.blocks += 1;
        let block = self.blocks;
        for statement in body {
            let assigned = match statement {
                Stmt::Assign(assign) => match &assign.targets[..] {
                    [target @ (Expr::Name(_) | Expr::Attribute(_))] => {
                        Some((span_of(target), span_of(&*assign.value)))
                    }
                    _ => None,
                },
                Stmt::AnnAssign(assign) => assign
                    .value
                    .as_ref()
                    .map(|value| (span_of(&*assign.target), span_of(&**value))),
                _ => None,
            };
            self.facts.statements.push(Statement {
                span: span_of(statement),
                block,
                assigned,
            });
            self.visit_stmt(statement);
        }
    }

    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        match node {
            AnyNodeRef::StmtImport(import) => self.import(span_of(import), None, &import.names),
            AnyNodeRef::StmtImportFrom(import) => {
                let module = import.module.as_ref().filter(|_| import.level == 0);
                self.import(span_of(import), module.map(span_of), &import.names);
            }
            AnyNodeRef::StmtFunctionDef(function) => self.bind(function.name.as_str()),
            AnyNodeRef::StmtClassDef(class) => self.bind(class.name.as_str()),
            AnyNodeRef::Parameter(parameter) => self.bind(parameter.name.as_str()),
            AnyNodeRef::StmtGlobal(global) => self.bind_all(&global.names),
            AnyNodeRef::StmtNonlocal(nonlocal) => self.bind_all(&nonlocal.names),
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => self.bind_all(&handler.name),
            AnyNodeRef::PatternMatchAs(pattern) => self.bind_all(&pattern.name),
            AnyNodeRef::PatternMatchStar(pattern) => self.bind_all(&pattern.name),
            AnyNodeRef::PatternMatchMapping(pattern) => self.bind_all(&pattern.rest),
            AnyNodeRef::TypeParamTypeVar(parameter) => self.bind(parameter.name.as_str()),
            AnyNodeRef::TypeParamTypeVarTuple(parameter) => self.bind(parameter.name.as_str()),
            AnyNodeRef::TypeParamParamSpec(parameter) => self.bind(parameter.name.as_str()),
            AnyNodeRef::ExprName(name) if matches!(name.ctx, ExprContext::Load) => {
                let span = span_of(name);
                self.name(name.id.as_str()).read.push(span);
                let parts = Vec::new();
                self.facts.dotted.insert(span, Dotted { head: span, parts });
            }
            AnyNodeRef::ExprName(name) => self.bind(name.id.as_str()),
            AnyNodeRef::ExprAttribute(attribute) => self.attribute(attribute),
            AnyNodeRef::ExprCall(call) => {
                let arguments = call.arguments.iter_source_order().map(|one| match one {
                    ArgOrKeyword::Arg(value) => (span_of(value), span_of(value)),
                    ArgOrKeyword::Keyword(keyword) => (span_of(keyword), span_of(&keyword.value)),
                });
                let form = Form {
                    function: span_of(&*call.func),
                    arguments: arguments.collect(),
                };
                self.facts.values.extend(form.arguments.iter().copied());
                self.facts.calls.insert(span_of(call), form);
            }
            AnyNodeRef::StmtWith(with) => {
                // The body is the next block that is visited but those of lambdas, which have none.
                for item in &with.items {
                    if let Some(name) = &item.optional_vars {
                        self.facts.opened.push(Opened {
                            name: span_of(&**name),
                            block: self.blocks + 1,
                            span: span_of(with),
                        });
                    }
                }
            }
            AnyNodeRef::ExprStringLiteral(text) => {
                let inside = crate::python::expressions::inside_of(text);
                self.facts.texts.insert(span_of(text), inside);
            }
            AnyNodeRef::StringLiteral(string) => {
                let value = string.as_str();
                // Prose has spaces and no brackets.
                if value.len() < 200 && (value.contains('[') || !value.contains(' ')) {
                    for word in value.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
                        if !self.facts.strings.contains(word) {
                            self.facts.strings.insert(word.into());
                        }
                    }
                }
            }
            _ => {}
        }
        TraversalSignal::Traverse
    }
}
