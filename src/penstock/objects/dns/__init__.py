"""Resources of Cloud DNS: record sets with routing policies, and the zones they are in."""
