mod fs;
mod git;
mod lock;
mod repo;
