export {};
console.log("x");
