"""What words and phrases of job mail mean, in several languages: data files and their readers."""
