"use strict";
// All parts are there: show what the picture is.

showDetails(null);
