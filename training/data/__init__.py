"""Training data: impressions with labels, admitted people, and candidates."""
