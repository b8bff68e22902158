"""The forms of a plan: text for people, Markdown for a pull request's comment, JSON for programs."""
