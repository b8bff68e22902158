"""From what a person may enter to links and to profiles in the AWS configuration file.

``profiles`` names the profiles, ``aws_config`` edits the file's text and leaves every other byte alone.
"""
