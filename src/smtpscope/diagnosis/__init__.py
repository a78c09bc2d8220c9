"""What a conversation means. Pure: values in, values out."""
