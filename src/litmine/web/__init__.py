"""The reviewers' web application: a thin door onto `litmine.review`, as pages and as an API."""
