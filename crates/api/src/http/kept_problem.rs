//! Refusals that are kept for a repeated request.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    codes::Code,
    faults::{Fault, FaultKind},
    problem::{INTERNAL, Problem},
};

/// A problem without its texts, which may repeat whatever was sent: a few kilobytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptProblem {
    code: String,
    status: u16,
    operation: Option<usize>,
    /// Pointer, code, and whether a rule was broken.
    errors: Vec<(String, String, bool)>,
}

impl KeptProblem {
    /// So many bytes of faults are kept: with what is around them, less than 4 KiB. A byte of a
    /// pointer is at most six of JSON.
    const LONGEST_FAULTS: usize = 600;
    const AROUND_FAULT: usize = 4;

    pub(crate) fn of(problem: &Problem) -> Self {
        let mut left = Self::LONGEST_FAULTS;
        let fits = |fault: &&Fault| {
            let length = fault.pointer.len() + fault.code.len() + Self::AROUND_FAULT;
            let fits = length <= left;
            left = left.saturating_sub(length);
            fits
        };
        let fault = |fault: &Fault| {
            let is_rule = fault.kind == FaultKind::Rule;
            (fault.pointer.clone(), fault.code.to_owned(), is_rule)
        };
        Self {
            code: problem.code.name.to_owned(),
            status: problem.status.as_u16(),
            operation: problem.operation,
            errors: problem.errors.iter().take_while(fits).map(fault).collect(),
        }
    }
}

impl From<KeptProblem> for Problem {
    fn from(kept: KeptProblem) -> Self {
        let fault = |(pointer, code, is_rule): (String, String, bool)| {
            let code = Code::find(&code).unwrap_or(INTERNAL);
            let detail = code.meaning.to_owned();
            let kind = if is_rule { FaultKind::Rule } else { FaultKind::Malformed };
            Fault { pointer, code: code.name, detail, kind }
        };
        let code = Code::find(&kept.code).unwrap_or(INTERNAL);
        let mut problem = Self::new(code).with_detail(code.meaning);
        problem.status = StatusCode::from_u16(kept.status).unwrap_or(problem.status);
        problem.errors = kept.errors.into_iter().map(fault).collect();
        problem.operation = kept.operation;
        problem
    }
}
