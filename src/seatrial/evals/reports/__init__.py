"""Reports of a run as files: a page for people, JUnit XML for build servers."""
