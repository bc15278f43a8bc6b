"""What everything else stands on: errors, time in ticks, random streams, how numbers are written."""
